/** Builds and starts the endpoint of the replay bench (Go, so that it is not what is measured). */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

export async function startEndpoint(buildDir: string, latencyMs = 0): Promise<Endpoint> {
  const binary = join(buildDir, "endpoint");
  const source = fileURLToPath(new URL("../peers/server", import.meta.url));
  await promisify(execFile)("go", ["build", "-o", binary, "."], { cwd: source }).catch((cause: unknown) => {
    throw new Error("the replay bench needs Go 1.24 or newer to build its endpoint", { cause });
  });
  const child = spawn(binary, ["-lat", String(latencyMs)], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    close: async () => {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}
