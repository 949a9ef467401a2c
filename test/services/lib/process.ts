import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Command, ServiceError } from "./types.ts";

const STOP_GRACE_MS = 15_000;
const KILL_GRACE_MS = 5_000;
const POLL_MS = 50;
const TAIL_BYTES = 4_096;

/** Starts a process that outlives this one, its output in `log`; resolves with pid and birth mark. */
export async function launch(command: Command, cwd: string, log: string): Promise<{ pid: number; birth: string }> {
  const output = openSync(log, "a");
  try {
    const child = spawn(command.file, command.args, {
      cwd,
      env: { ...process.env, ...command.env },
      detached: true,
      stdio: ["ignore", output, output],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, birth: (await birthOf(pid)) ?? "gone" };
  } finally {
    closeSync(output);
  }
}

/**
 * A mark that a process keeps for life and that no later process of the same pid has;
 * undefined when there is no such process, or when it has ended and only waits to be reaped.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold spaces; what follows it starts with the state, the third field.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z" || fields[0] === "X") return undefined;
      const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
      return `${boot}/${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state, ...started] = stdout.trim().split(/\s+/);
    return state === undefined || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}

/** True while exactly this process lives. */
export async function isAlive(process: { pid: number; birth: string }): Promise<boolean> {
  return (await birthOf(process.pid)) === process.birth;
}

/** Ends exactly this process: SIGTERM, then SIGKILL. A pid that another process has by now is left alone. */
export async function terminate(target: { pid: number; birth: string }): Promise<void> {
  for (const [signal, grace] of [
    ["SIGTERM", STOP_GRACE_MS],
    ["SIGKILL", KILL_GRACE_MS],
  ] as const) {
    if (!(await isAlive(target))) return;
    process.kill(target.pid, signal);
    const deadline = performance.now() + grace;
    while (performance.now() < deadline) {
      if (!(await isAlive(target))) return;
      await sleep(POLL_MS);
    }
  }
  throw new ServiceError(`process ${target.pid} did not end after SIGKILL.`);
}

/** Runs a program to its end, bounded; a failure shows the last lines it printed. */
export async function run(command: Command, options: { cwd: string; timeoutMs: number }): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command.file, [...command.args], {
      cwd: options.cwd,
      env: { ...process.env, ...command.env },
      timeout: options.timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const failed = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string; killed?: boolean };
    const why = failed.killed ? `did not end in ${options.timeoutMs / 1000} s` : "failed";
    const said = `${failed.stdout ?? ""}${failed.stderr ?? ""}`.trim().slice(-TAIL_BYTES) || failed.message;
    throw new ServiceError(`${command.file} ${command.args.join(" ")} ${why}:\n${said}`);
  }
}

/** The last 4 KiB of a log, for the message of a failed start. */
export async function tail(log: string): Promise<string> {
  const file = await open(log).catch(() => undefined);
  if (file === undefined) return "(no log)";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8").trim() || "(the log is empty)";
  } finally {
    await file.close();
  }
}
