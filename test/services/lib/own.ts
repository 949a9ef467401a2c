/** Services that one test owns and may kill: children of its process, in a folder of their own, ended with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { HOST } from "./ports.ts";
import { tail } from "./process.ts";
import { type Command, ServiceError } from "./types.ts";

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 100;
const STOP_GRACE_MS = 30_000;
/** Below the range from which Linux and macOS take the ports of outgoing connections: a port must be free again after a restart. */
const PORTS = { from: 12_000, to: 32_000 } as const;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface OwnProcess {
  readonly log: string;
  /** Starts the command and resolves once it answers. */
  start(): Promise<void>;
  readonly isRunning: boolean;
  /** Resolves when the process is gone. A clean end that takes too long becomes SIGKILL. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** A process that can be started again and again; `probe` resolves when it answers. */
export function ownProcess(
  command: Command,
  where: { readonly cwd: string; readonly log: string },
  probe: () => Promise<void>,
): OwnProcess {
  let child: ChildProcess | undefined;
  return {
    log: where.log,
    get isRunning() {
      return child !== undefined && child.exitCode === null && child.signalCode === null;
    },
    async start() {
      const output = openSync(where.log, "a");
      const env = { ...process.env, ...command.env };
      child = spawn(command.file, command.args, { cwd: where.cwd, env, stdio: ["ignore", output, output] });
      closeSync(output);
      const started = child;
      running.add(started);
      started.once("exit", () => running.delete(started));
      await new Promise<void>((resolve, reject) => {
        started.once("spawn", resolve);
        started.once("error", reject);
      });
      await untilReady(started, where.log, probe);
    },
    async end(signal) {
      const ending = child;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => {
        ending.once("exit", () => resolve());
      });
      ending.kill(signal);
      const patience = setTimeout(() => ending.kill("SIGKILL"), STOP_GRACE_MS);
      await gone;
      clearTimeout(patience);
    },
  };
}

/** A free TCP port that no outgoing connection takes meanwhile. */
export async function ownPort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (await isFree(port)) return port;
  }
  throw new ServiceError(`no free port on ${HOST} between ${PORTS.from} and ${PORTS.to}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

async function untilReady(child: ChildProcess, log: string, probe: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answers = await probe().then(
      () => true,
      () => false,
    );
    if (answers) return;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) {
      const why = ended ? "ended while starting" : `did not answer in ${READY_TIMEOUT_MS / 1000} s`;
      throw new ServiceError(`${child.spawnfile} ${why}; the end of its log, ${log}:\n${await tail(log)}`);
    }
    await sleep(READY_POLL_MS);
  }
}
