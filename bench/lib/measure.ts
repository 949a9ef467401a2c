/** Runs one program as a process of its own and reads what it did and what it used. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Usage } from "./usage.ts";

/** One run: records per second of the work itself, CPU seconds per million records, peak resident MB. */
export interface Sample {
  readonly perSecond: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

export interface Program {
  /** Node script and arguments, or another program with `exec`. */
  readonly args: readonly string[];
  /** Absent: this Node. Such a program must print `cpuSeconds` and `peakMb` itself. */
  readonly exec?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Exit codes that are no failure. */
  readonly accept?: readonly number[];
  /** Longest run, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface ProgramResult {
  /** The JSON document on the last line of stdout. */
  readonly output: Record<string, unknown>;
  readonly usage: Usage;
  /** Wall seconds of the whole process. */
  readonly seconds: number;
}

const usageHook = fileURLToPath(new URL("./usage.ts", import.meta.url));
const DEFAULT_TIMEOUT_MS = 600_000;

export async function runProgram(program: Program): Promise<ProgramResult> {
  const usageFile = join(tmpdir(), `cutover-bench-${randomUUID()}.json`);
  const command = program.exec ?? process.execPath;
  const args = program.exec === undefined ? ["--import", usageHook, ...program.args] : [...program.args];
  const started = performance.now();
  const { code, stdout, stderr } = await spawnAll(command, args, program, usageFile);
  const seconds = (performance.now() - started) / 1000;
  if (!(program.accept ?? [0]).includes(code)) {
    throw new Error(`${command} ${args.join(" ")} exited ${code}\n${stderr.slice(-4000)}\n${stdout.slice(-1000)}`);
  }
  const output = lastJson(stdout);
  return { output, usage: await readUsage(usageFile, output), seconds };
}

function spawnAll(
  command: string,
  args: readonly string[],
  program: Program,
  usageFile: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: program.cwd,
      env: { ...process.env, ...program.env, BENCH_USAGE: usageFile },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: program.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
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

async function readUsage(file: string, output: Record<string, unknown>): Promise<Usage> {
  const own = await readFile(file, "utf8").catch(() => undefined);
  await rm(file, { force: true });
  if (own !== undefined) return JSON.parse(own) as Usage;
  const { cpuSeconds, peakMb } = output;
  if (typeof cpuSeconds !== "number" || typeof peakMb !== "number") throw new Error("the program reported no usage");
  return { cpuSeconds, peakMb };
}

/** Records per second over `seconds`, CPU per million records. */
export function toSample(records: number, seconds: number, usage: Usage): Sample {
  return {
    perSecond: records / seconds,
    cpuSeconds: (usage.cpuSeconds / records) * 1e6,
    peakMb: usage.peakMb,
  };
}
