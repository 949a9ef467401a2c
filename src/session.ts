/** What a command is given: everything from outside comes in here, so that commands can be called from tests. */
import type { Clock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Given } from "./shell.ts";
import type { Store } from "./store/port.ts";
import type { Streams } from "./streams.ts";

export interface GlobalFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colour and animation allowed: a terminal, no NO_COLOR, no --no-color. */
  readonly color: boolean;
}

export interface Session {
  readonly config: Config;
  /** Path of the config file, as the user wrote it; undefined when there is none. */
  readonly configFile: string | undefined;
  /** Flags that a command printed to be copied needs as well; absent when none was given. */
  readonly given?: Given;
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Aborts on SIGINT and SIGTERM, with the CutoverError INTERRUPTED or TERMINATED as reason. */
  readonly signal: AbortSignal;
  readonly streams: Streams;
  readonly flags: GlobalFlags;
  /** Version of this program. */
  readonly version: string;
}

/** A stage as a function: does the work, returns its JSON output. Printing is the command's. */
export type Stage<Options, Result> = (session: Session, options: Options) => Promise<Result>;

/** How `src/cli.ts` runs a command's action: opens a Session, catches, closes, sets the exit code. */
export type Runner = <Options>(
  action: (session: Session, options: Options) => Promise<number>,
) => (options: Options) => Promise<void>;

/** One line of `cutover doctor`: something outside that must answer. */
export interface Check {
  /** What is checked, `kafka 127.0.0.1:9092`. */
  readonly name: string;
  /** Resolves with what was found; rejects with a CutoverError whose hint says how to mend it. */
  run(signal: AbortSignal): Promise<string>;
}
