/** MLflow's scoring server over a small scikit-learn model: an endpoint that nobody here wrote. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Reader, readerFolder, venv } from "../lake/readers.ts";
import { freePorts } from "../lib/ports.ts";
import { run, tail } from "../lib/process.ts";

const VERSION = "3.17.2";
const START_TIMEOUT_MS = 180_000;

export const mlflow: Reader = {
  name: "mlflow",
  version: VERSION,
  install: (folder) => venv(folder, [`mlflow==${VERSION}`]),
};

export interface ScoringServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Trains, saves and serves the model; its files and logs stand in `folder`. */
export async function startMlflow(folder: string): Promise<ScoringServer> {
  const bin = join(readerFolder(mlflow), "bin");
  const model = join(folder, "model");
  const python = join(bin, "python");
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    MLFLOW_TRACKING_URI: `file:${join(folder, "runs")}`,
    // The first is what MLflow says about itself to others, the second what it would install.
    MLFLOW_DISABLE_TELEMETRY: "true",
    MLFLOW_ENV_MANAGER: "local",
  };
  await run(
    { file: python, args: [join(import.meta.dirname, "model.py"), model], env },
    { cwd: folder, timeoutMs: START_TIMEOUT_MS },
  );
  const [port] = await freePorts(1);
  const log = join(folder, "server.log");
  const output = openSync(log, "a");
  const args = ["-m", "mlflow", "models", "serve", "--model-uri", model, "--env-manager", "local"];
  const child = spawn(python, [...args, "--host", "127.0.0.1", "--port", `${port}`, "--workers", "1"], {
    cwd: folder,
    env,
    // Its workers are of its group, and are ended with it.
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, "exit");
    process.kill(-child.pid, "SIGKILL");
    await exited;
  };
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(`${url}/ping`))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error(`MLflow's server did not start:\n${await tail(log)}`);
    }
    await sleep(250);
  }
  return { url, close };
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
