/** Builds and starts the endpoint of the replay bench (Go, so that it is not what is measured). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { goProgram } from "./go.ts";

export interface Endpoint {
  readonly url: string;
  /** What it has answered since the last call, and the seconds from the first to the last of it. */
  answered(): Promise<{ readonly requests: number; readonly seconds: number }>;
  close(): Promise<void>;
}

export async function startEndpoint(latencyMs = 0): Promise<Endpoint> {
  const program = await goProgram("server");
  const child = spawn(program, ["-lat", String(latencyMs)], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    answered: async () => (await fetch(url)).json() as Promise<{ requests: number; seconds: number }>,
    close: async () => {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}
