/** Log lines on stderr: pretty on a terminal, one JSON object a line elsewhere. */
import type { Clock } from "./clock.ts";
import { inertJson, printable } from "./inert.ts";
import { createStormGuard } from "./log-storm.ts";
import type { Output } from "./streams.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** One line that overwrites itself on a terminal, is logged at most every 10 s elsewhere, and is silent under --quiet. */
  progress(message: string, fields?: LogFields): void;
  /** Ends the progress line, waits until all is written. */
  flush(): Promise<void>;
}

export interface LoggerOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly format: "json" | "pretty";
  readonly level: LogLevel;
  readonly quiet: boolean;
  readonly color: boolean;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const COLORS: Readonly<Record<LogLevel, string>> = { debug: "2", info: "36", warn: "33", error: "31" };
/** Milliseconds between two progress lines where they cannot overwrite each other, and where they can. */
const PROGRESS_LINE_MS = 10_000;
const PROGRESS_REDRAW_MS = 100;
const ERASE_LINE = "\r\x1b[K";

/**
 * A logger that never throws and never waits: lines queue behind each other, `flush` waits for all of them.
 * Under quiet only warnings and errors are written. Of a storm of lines of one kind all but the first are summed.
 */
export function createLogger({ output, clock, format, level, quiet, color }: LoggerOptions): Logger {
  const least = Math.max(LEVELS.indexOf(level), quiet ? LEVELS.indexOf("warn") : 0);
  const redraws = format === "pretty" && output.isTTY && color;
  let written: Promise<void> = Promise.resolve();
  let lastProgress = Number.NEGATIVE_INFINITY;
  /** The progress text that stands on the terminal's last line, and the newest one, which may not be drawn yet. */
  let shown = "";
  let newest = "";

  const write = (text: string): void => {
    // A broken stderr must not end the work: there is no one left to tell.
    written = written.then(() => output.write(text)).catch(() => {});
  };
  const storm = createStormGuard<LogLevel>(clock);
  const sum = (all: boolean): void => {
    for (const { kind, message, count } of storm.take(all)) put(kind, message, { repeated: count });
  };
  const line = (at: LogLevel, message: string, fields: LogFields): void => {
    if (LEVELS.indexOf(at) < least) return;
    sum(false);
    // Whoever asks for debug lines wants all of them.
    if (at === "debug" || storm.admits(at, message)) put(at, message, fields);
  };
  const put = (at: LogLevel, message: string, fields: LogFields): void => {
    const text = format === "json" ? jsonLine(clock, at, message, fields) : prettyLine(at, message, fields, color);
    write(shown === "" ? `${text}\n` : `${ERASE_LINE}${text}\n${shown}`);
  };
  const redraw = (): void => {
    if (newest === shown) return;
    shown = newest;
    write(`${ERASE_LINE}${shown}`);
  };

  return {
    debug: (message, fields = {}) => line("debug", message, fields),
    info: (message, fields = {}) => line("info", message, fields),
    warn: (message, fields = {}) => line("warn", message, fields),
    error: (message, fields = {}) => line("error", message, fields),
    progress(message, fields = {}) {
      if (quiet) return;
      const now = clock.monotonic();
      const due = now - lastProgress >= (redraws ? PROGRESS_REDRAW_MS : PROGRESS_LINE_MS);
      if (redraws) newest = cut(`${message}${prettyFields(fields)}`, output.columns - 1);
      if (!due) return;
      lastProgress = now;
      if (redraws) redraw();
      else line("info", message, fields);
    },
    async flush() {
      sum(true);
      if (redraws) redraw();
      if (shown !== "") write("\n");
      shown = "";
      newest = "";
      await written;
    },
  };
}

function jsonLine(clock: Clock, level: LogLevel, message: string, fields: LogFields): string {
  const base = { time: new Date(clock.now()).toISOString(), level, message };
  // What the line says of itself wins over a field of the same name.
  const json = JSON.stringify({ ...base, ...fields, ...base }, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return inertJson(json);
}

function prettyLine(level: LogLevel, message: string, fields: LogFields, color: boolean): string {
  const label = color ? `\x1b[${COLORS[level]}m${level}\x1b[0m` : level;
  return `${level === "info" ? "" : `${label}: `}${printable(message)}${prettyFields(fields)}`;
}

function prettyFields(fields: LogFields): string {
  const parts = Object.entries(fields).filter(([, value]) => value !== undefined);
  return parts.map(([name, value]) => `  ${name}=${fieldText(String(value))}`).join("");
}

/** Quoted when it would not read as one word; escapes keep captured text from steering the terminal. */
function fieldText(text: string): string {
  return printable(/^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text));
}

function cut(text: string, width: number): string {
  const oneLine = printable(text).replace(/[\n\t]+/g, " ");
  return oneLine.length <= width || width < 1 ? oneLine : `${oneLine.slice(0, width - 1)}…`;
}
