/** One program: started without a shell, asked one line at a time, ended with all that it has started. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { LIMITS } from "../../src/limits.ts";

/** What came of one line: the line that answers it, or why there is none. After anything but a line the program is gone. */
export type Told =
  | { readonly kind: "line"; readonly line: Buffer }
  | { readonly kind: "unstartable" | "died"; readonly errorClass: string; readonly detail: string }
  | { readonly kind: "timeout"; readonly detail: string }
  | { readonly kind: "too_long"; readonly bytes: number };

export interface Program {
  /** Dead or dying: it takes no further line. */
  readonly gone: boolean;
  /** Writes the line and waits for the one that answers it. One at a time: there is never a second answer to confuse it with. */
  ask(line: Buffer, timeoutMs: number): Promise<Told>;
  kill(): void;
  /** Closes its stdin, and kills it when that has not ended it in time. Resolves when it is no more. */
  end(): Promise<void>;
  /** Resolves when it is no more. */
  readonly ended: Promise<void>;
}

export interface ProgramOptions {
  /** Program and arguments. */
  readonly run: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Longest line that is read. */
  readonly maxLineBytes: number;
}

export function startProgram({ run, cwd, env, maxLineBytes }: ProgramOptions): Program {
  const [file = "", ...args] = run;
  // A group of its own: Ctrl-C at the terminal must not end programs whose answers are waited for.
  const child = spawn(file, args, { cwd, env: { ...env }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const stderr = keepTail(child);
  let gone: Told | undefined;
  let waiting: ((told: Told) => void) | undefined;
  const settle = (told: Told): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(told);
  };
  const kill = (): void => killGroup(child);
  const lost = (told: Told): void => {
    gone ??= told;
    settle(told);
    kill();
  };
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      lost({ kind: "unstartable", errorClass: error.code ?? error.name, detail: `${file}: ${error.message}` });
      if (child.pid === undefined) resolve();
    });
    whenClosed(child, (code, signal) => {
      const errorClass = signal ?? `exit_${code}`;
      lost({ kind: "died", errorClass, detail: `the program ended (${errorClass})${stderr()}` });
      resolve();
    });
  });
  // A program that has closed its stdin or died: its end is told by its exit.
  child.stdin.on("error", kill);
  onLines(child, maxLineBytes, {
    line: (line) => {
      if (waiting) settle({ kind: "line", line });
      // Nobody asked: whatever it says next could be taken for the answer to something else.
      else lost({ kind: "died", errorClass: "unasked_line", detail: `a line that answers nothing: ${excerpt(line)}` });
    },
    tooLong: (bytes) => lost({ kind: "too_long", bytes }),
  });
  return {
    ended,
    get gone() {
      return gone !== undefined;
    },
    kill: () => lost({ kind: "died", errorClass: "killed", detail: "the program was ended" }),
    ask(line, timeoutMs) {
      if (gone) return Promise.resolve(gone);
      return new Promise((resolve) => {
        const late = (): void => lost({ kind: "timeout", detail: `no answer within ${timeoutMs} ms${stderr()}` });
        const timer = setTimeout(late, timeoutMs);
        waiting = (told) => {
          clearTimeout(timer);
          resolve(told);
        };
        child.stdin.write(line);
      });
    },
    async end() {
      gone ??= { kind: "died", errorClass: "closed", detail: "the program was ended" };
      child.stdin.end();
      const timer = setTimeout(kill, LIMITS.commandEndMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A line as it reads in a message. */
export function excerpt(line: Buffer): string {
  return JSON.stringify(line.toString("utf8", 0, 200)) + (line.length > 200 ? "…" : "");
}

/** The program and what it has started. */
function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** After its exit and all its output, which a process it left behind may hold open: not for longer than the grace. */
function whenClosed(
  child: ChildProcessWithoutNullStreams,
  then: (code: number | null, signal: NodeJS.Signals | null) => void,
): void {
  child.once("exit", (code, signal) => {
    const timer = setTimeout(() => then(code, signal), LIMITS.commandEndMs);
    child.once("close", () => {
      clearTimeout(timer);
      then(code, signal);
    });
  });
}

/** Reads stderr all the time, and keeps its end for messages. */
function keepTail(child: ChildProcessWithoutNullStreams): () => string {
  let tail = Buffer.alloc(0);
  child.stderr.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-LIMITS.commandStderrBytes);
  });
  return () => {
    const text = tail.toString("utf8").trim();
    return text === "" ? "; nothing on stderr" : `; stderr: ${text}`;
  };
}

function onLines(
  child: ChildProcessWithoutNullStreams,
  maxLineBytes: number,
  on: { line(line: Buffer): void; tooLong(bytes: number): void },
): void {
  let parts: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = Buffer.concat([...parts, chunk.subarray(from, end)]);
      parts = [];
      bytes = 0;
      from = end + 1;
      on.line(line);
    }
    if (from === chunk.length) return;
    parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes <= maxLineBytes) return;
    parts = [];
    on.tooLong(bytes);
    bytes = 0;
  });
}
