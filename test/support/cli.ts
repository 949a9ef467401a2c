/** The program as a user runs it: a process of its own, from the sources of this checkout. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Limit of a file's size in KiB, as `ulimit -f` sets it: a disk that is full at once. */
  readonly fileKib?: number;
  /** Another tree's src/bin.ts; this checkout's when absent. */
  readonly bin?: string;
}

export interface CliResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
}

/** POSIX counts in blocks of 512 bytes. */
const BLOCKS_PER_KIB = 2;
const DEFAULT_TIMEOUT_MS = 120_000;
/** Children of tests that failed before they ended them: none outlives its test process, stopped ones included. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const command = [process.execPath, options.bin ?? bin, ...args];
  const [file = "", ...rest] =
    options.fileKib === undefined
      ? command
      : ["sh", "-c", `ulimit -f ${options.fileKib * BLOCKS_PER_KIB}; exec "$@"`, "sh", ...command];
  const child = spawn(file, rest, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
  return { child, done };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}

/** Runs with --json, checks the exit code, and returns the document on stdout. */
export async function runJson<T = Record<string, unknown>>(
  args: readonly string[],
  options: CliOptions & { readonly exit?: number } = {},
): Promise<T> {
  const result = await runCli([...args, "--json"], options);
  if (result.code !== (options.exit ?? 0)) {
    throw new Error(`cutover ${args.join(" ")} exited ${result.code ?? result.signal}\n${result.stderr}`);
  }
  return JSON.parse(result.stdout) as T;
}
