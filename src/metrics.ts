/** DogStatsD, fire and forget. Verdicts never come from here. */
import type { StatsD } from "hot-shots";
import type { Config } from "./config/schema.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Logger } from "./log.ts";

export type Tags = Readonly<Record<string, string>>;

export const CHECK_STATUS = { pass: 0, inconclusive: 1, fail: 2, error: 3 } as const;

/** Names go without the prefix of the settings: `compared` is sent as `cutover.compared`. */
export interface Metrics {
  /** Adds to a counter; summed in process per (name, tags) and sent on an interval and at close. */
  count(name: string, value: number, tags?: Tags): void;
  gauge(name: string, value: number, tags?: Tags): void;
  distribution(name: string, value: number, tags?: Tags): void;
  check(name: string, status: (typeof CHECK_STATUS)[keyof typeof CHECK_STATUS], message: string, tags?: Tags): void;
  event(title: string, text: string, tags?: Tags): void;
  /** Sends what is left; resolves when it is handed to the kernel. */
  close(): Promise<void>;
}

/** Metrics that go nowhere: DogStatsD is not configured. */
export const noMetrics: Metrics = {
  count() {},
  gauge() {},
  distribution() {},
  check() {},
  event() {},
  async close() {},
};

/** Milliseconds between two sends of the counters, and the longest that `close` may take. */
const FLUSH_MS = 2_000;
const CLOSE_MS = 2_000;

/** Sends to the listener of `metrics.dogstatsd`; never throws, and a fault is logged once, as a warning. */
export async function createMetrics(settings: Config["metrics"], log: Logger): Promise<Metrics> {
  if (!settings.dogstatsd) return noMetrics;
  const { url, prefix, tags } = settings.dogstatsd;
  let warned = false;
  const warn = (error: unknown): void => {
    if (warned) return;
    warned = true;
    log.warn("metrics could not be sent; the work goes on without them", { url, cause: messageOf(error) });
  };
  try {
    const { default: HotShots } = await import("hot-shots");
    const { hostname, port } = new URL(url);
    const client = new HotShots({
      protocol: "udp",
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port),
      globalTags: tags,
      maxBufferSize: LIMITS.datagramBytes,
      includeDatadogTelemetry: false,
      errorHandler: warn,
    });
    return sendThrough(client, prefix === "" ? "" : `${prefix.replace(/\.$/, "")}.`, warn);
  } catch (error) {
    warn(error);
    return noMetrics;
  }
}

/**
 * Counters are summed here, not by hot-shots' aggregation, which merges gauges as well. The prefix is put on
 * here too: hot-shots would put it before the titles of events.
 */
function sendThrough(client: StatsD, prefix: string, warn: (error: unknown) => void): Metrics {
  const counters = new Map<string, { readonly name: string; readonly tags: Tags; value: number }>();
  const guarded = (send: () => void): void => {
    try {
      send();
    } catch (error) {
      warn(error);
    }
  };
  const flush = (): void => {
    for (const { name, tags, value } of counters.values())
      guarded(() => client.increment(prefix + name, value, { ...tags }));
    counters.clear();
  };
  const timer = setInterval(flush, FLUSH_MS).unref();
  let closing: Promise<void> | undefined;
  return {
    count(name, value, tags = {}) {
      if (value === 0) return;
      const key = JSON.stringify([name, Object.entries(tags).sort()]);
      const counter = counters.get(key);
      if (counter) counter.value += value;
      else counters.set(key, { name, tags, value });
      if (counters.size >= LIMITS.metricCounters) flush();
    },
    gauge: (name, value, tags = {}) => guarded(() => client.gauge(prefix + name, value, { ...tags })),
    distribution: (name, value, tags = {}) => guarded(() => client.distribution(prefix + name, value, { ...tags })),
    check: (name, status, message, tags = {}) =>
      guarded(() => client.check(prefix + name, status, { message }, { ...tags })),
    event: (title, text, tags = {}) => guarded(() => client.event(ascii(title), ascii(text), {}, { ...tags })),
    close() {
      closing ??= closeClient(client, timer, flush, warn);
      return closing;
    },
  };
}

/** hot-shots counts an event's length in UTF-16 units where the protocol wants bytes: in ASCII they are the same. */
function ascii(text: string): string {
  return text.replace(/[^\n\x20-\x7e]/gu, "?");
}

/** hot-shots answers a close only after its own drain; a host name that does not resolve must not hold the command. */
function closeClient(
  client: StatsD,
  timer: NodeJS.Timeout,
  flush: () => void,
  warn: (error: unknown) => void,
): Promise<void> {
  clearInterval(timer);
  flush();
  return new Promise((resolve) => {
    const deadline = setTimeout(resolve, CLOSE_MS);
    client.close((error) => {
      if (error) warn(error);
      clearTimeout(deadline);
      resolve();
    });
  });
}
