/** Runs one program as a process of its own and reads what it did and what it used. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One run: records per second, CPU seconds per million records, peak resident MB. */
export interface Sample {
  /** Of the work itself, as the program measures it. */
  readonly perSecond: number;
  /** Of the whole process, from its start to its end. */
  readonly wholePerSecond: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** What the operating system accounted for a whole process and its children, from its start to its end. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

export interface Program {
  /** Node script and arguments, or another program with `exec`. */
  readonly args: readonly string[];
  /** Absent: this Node. */
  readonly exec?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Exit codes that are no failure. */
  readonly accept?: readonly number[];
  /** Longest run, in milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** For a program that prints no JSON: what it did is asked elsewhere. */
  readonly silent?: boolean;
}

export interface ProgramResult {
  /** The JSON document on the last line of stdout; empty of a silent one. */
  readonly output: Record<string, unknown>;
  readonly usage: Usage;
  /** Wall seconds of the whole process. */
  readonly seconds: number;
}

const accountant = fileURLToPath(new URL("./account.py", import.meta.url));
const DEFAULT_TIMEOUT_MS = 600_000;

export async function runProgram(program: Program): Promise<ProgramResult> {
  const usageFile = join(tmpdir(), `cutover-bench-${randomUUID()}.json`);
  const command = [program.exec ?? process.execPath, ...program.args];
  const started = performance.now();
  try {
    const { code, stdout, stderr } = await spawnAll([accountant, usageFile, ...command], program);
    program.signal?.throwIfAborted();
    const seconds = (performance.now() - started) / 1000;
    if (!(program.accept ?? [0]).includes(code)) {
      throw new Error(`${command.join(" ")} exited ${code}\n${stderr.slice(-4000)}\n${stdout.slice(-1000)}`);
    }
    const usage = JSON.parse(await readFile(usageFile, "utf8")) as Usage;
    return { output: program.silent ? {} : lastJson(stdout), usage, seconds };
  } finally {
    await rm(usageFile, { force: true });
  }
}

function spawnAll(
  args: readonly string[],
  program: Program,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("python3", args, {
      cwd: program.cwd,
      env: { ...process.env, ...program.env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: program.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // Waits for its end all the same: what it uses is deleted next.
    const stop = (): boolean => child.kill();
    program.signal?.addEventListener("abort", stop, { once: true });
    child.on("error", reject);
    child.on("close", (code) => {
      program.signal?.removeEventListener("abort", stop);
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** The whole of stdout when it is one document, else its last line. */
function lastJson(stdout: string): Record<string, unknown> {
  const text = stdout.trim();
  for (const candidate of [text, text.split("\n").at(-1) ?? ""]) {
    try {
      return JSON.parse(candidate) as Record<string, unknown>;
    } catch {
      // Not this one.
    }
  }
  throw new Error(`expected a JSON document on stdout, received: ${text.slice(-500)}`);
}

/** A run over `records`, of which the work itself took `worked` seconds. */
export function toSample(records: number, worked: number, { usage, seconds }: ProgramResult): Sample {
  return {
    perSecond: records / worked,
    wholePerSecond: records / seconds,
    cpuSeconds: (usage.cpuSeconds / records) * 1e6,
    peakMb: usage.peakMb,
  };
}
