/** The same services as containers, where Docker's engine answers. */
import { fileURLToPath } from "node:url";
import { choosePorts } from "./ports.ts";
import { run } from "./process.ts";
import { S3_CREDENTIALS } from "./s3.ts";
import type { Ports, Say } from "./types.ts";

const COMPOSE_FILE = fileURLToPath(new URL("../compose.yaml", import.meta.url));
const CWD = fileURLToPath(new URL("..", import.meta.url));
const PROJECT = "cutover-services";
const INFO_TIMEOUT_MS = 15_000;
const UP_TIMEOUT_MS = 10 * 60_000;
const DOWN_TIMEOUT_MS = 2 * 60_000;

/** True when the engine answers and Compose is installed; the client alone is no help. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run({ file: "docker", args: ["info"] }, { cwd: CWD, timeoutMs: INFO_TIMEOUT_MS });
    await run({ file: "docker", args: ["compose", "version"] }, { cwd: CWD, timeoutMs: INFO_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}

export async function startDocker(known: Ports | undefined, say: Say): Promise<Ports> {
  const ports = known ?? (await choosePorts(process.env));
  say("starting the containers (the first time pulls three images) …");
  await compose(["up", "--detach"], ports, UP_TIMEOUT_MS);
  return ports;
}

/** Removes containers, network and volumes of this project only. */
export async function stopDocker(ports: Ports): Promise<void> {
  await compose(["down", "--volumes", "--timeout", "15"], ports, DOWN_TIMEOUT_MS);
}

/** The last lines of every container, for the message of a failed start. */
export async function dockerLogs(ports: Ports): Promise<string> {
  return compose(["logs", "--no-color", "--tail", "20"], ports, INFO_TIMEOUT_MS);
}

async function compose(args: readonly string[], ports: Ports, timeoutMs: number): Promise<string> {
  const env = {
    KAFKA_PORT: String(ports.kafka),
    S3_PORT: String(ports.s3),
    DOGSTATSD_PORT: String(ports.dogstatsd),
    METRICS_PORT: String(ports.metrics),
    S3_ACCESS_KEY: S3_CREDENTIALS.accessKeyId,
    S3_SECRET_KEY: S3_CREDENTIALS.secretAccessKey,
  };
  const all = ["compose", "--file", COMPOSE_FILE, "--project-name", PROJECT, ...args];
  return run({ file: "docker", args: all, env }, { cwd: CWD, timeoutMs });
}
