/** Log lines on stderr: pretty on a terminal, one JSON object a line elsewhere. */
import type { Clock } from "./clock.ts";
import type { Output } from "./session.ts";

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

export declare function createLogger(options: LoggerOptions): Logger;
