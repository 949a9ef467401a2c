/** Opens a Session from flags, environment and config file, and closes all of it again. */
import { type Clock, systemClock } from "./clock.ts";
import { ConfigError, loadConfig } from "./config/load.ts";
import { type Env, logSettings } from "./config/overrides.ts";
import { createLogger, type Logger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import type { GlobalFlags, Session } from "./session.ts";
import { openStore } from "./store/open.ts";
import type { Streams } from "./streams.ts";

/** What is known before a config is read. */
export interface Surroundings {
  readonly env: Env;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly flags: GlobalFlags;
  /** `--config` and `--store`, as written. */
  readonly configFile: string | undefined;
  readonly store: string | undefined;
}

/** Runs an action that needs no session: `init` must work where there is no config yet. */
export type BareRunner = <Options>(
  action: (around: Surroundings, options: Options) => Promise<number>,
) => (options: Options) => Promise<void>;

/** Runs `work` in a Session and closes it, whatever happens; the failure of `work` wins over one of closing. */
export async function withSession<T>(around: Surroundings, work: (session: Session) => Promise<T>): Promise<T> {
  const log = openLog(around, systemClock);
  const { config, file } = await loadConfig({
    file: around.configFile,
    env: around.env,
    flags: { store: around.store },
  });
  const { streams, signal, version, flags } = around;
  const store = await openStore(config.store, config.s3);
  const metrics = await createMetrics(config.metrics, log);
  try {
    const clock = systemClock;
    const given = { config: around.configFile, store: around.store };
    return await work({ config, configFile: file, given, store, log, metrics, clock, signal, streams, flags, version });
  } finally {
    await metrics.close();
    await store.close();
    await log.flush();
  }
}

function openLog({ env, streams, flags }: Surroundings, clock: Clock): Logger {
  const { format, level, faults } = logSettings(env, streams.stderr.isTTY);
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map((fault) => ({ ...fault, place: fault.path.join(".") })),
      "the environment",
    );
  }
  return createLogger({ output: streams.stderr, clock, format, level, quiet: flags.quiet, color: flags.color });
}
