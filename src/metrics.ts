/** DogStatsD, fire and forget. Verdicts never come from here. */
import { setTimeout as sleep } from "node:timers/promises";
import type { StatsD } from "hot-shots";
import type { Config } from "./config/schema.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Logger } from "./log.ts";
import { checkMessage, eventText, eventTitle, tagValue } from "./metric-text.ts";

export type Tags = Readonly<Record<string, string>>;

/** How an event is shown. */
export type EventLevel = "error" | "warning" | "info" | "success";

export const CHECK_STATUS = { pass: 0, inconclusive: 1, fail: 2, error: 3 } as const;

/** Names go without the prefix of the settings: `compared` is sent as `cutover.compared`. */
export interface Metrics {
  /**
   * Adds to a counter; summed in process per (name, tags) and sent on an interval and at close. A zero is sent, too:
   * it says that there was none, without which a monitor of a rate would never recover.
   */
  count(name: string, value: number, tags?: Tags): void;
  /** The last value of an interval is the one that is sent. */
  gauge(name: string, value: number, tags?: Tags): void;
  distribution(name: string, value: number, tags?: Tags): void;
  check(name: string, status: (typeof CHECK_STATUS)[keyof typeof CHECK_STATUS], message: string, tags?: Tags): void;
  event(title: string, text: string, tags?: Tags, level?: EventLevel): void;
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

/** Milliseconds between two sends of counters and gauges, and the longest that `close` may take. */
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
      globalTags: cleaned(tags),
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

interface Sample {
  readonly kind: "count" | "gauge";
  readonly name: string;
  readonly tags: Tags;
  value: number;
}

/**
 * Counters are summed here, not by hot-shots' aggregation, which averages gauges as well. The prefix is put on
 * here too: hot-shots would put it before the titles of events.
 */
function sendThrough(client: StatsD, prefix: string, warn: (error: unknown) => void): Metrics {
  const samples = new Map<string, Sample>();
  let sent: Promise<void> = Promise.resolve();
  const guarded = (send: () => void): void => {
    try {
      send();
    } catch (error) {
      warn(error);
    }
  };
  const send = ({ kind, name, tags, value }: Sample): void =>
    guarded(() =>
      kind === "count"
        ? client.increment(prefix + name, value, { ...tags })
        : client.gauge(prefix + name, value, { ...tags }),
    );
  const flush = (): Promise<void> => {
    const taken = [...samples.values()];
    samples.clear();
    if (taken.length > 0) sent = sent.then(() => sendInBursts(taken, send));
    return sent;
  };
  const sampleOf = (kind: Sample["kind"], name: string, tags: Tags): Sample => {
    const clean = cleaned(tags);
    const key = JSON.stringify([kind, name, Object.entries(clean).sort()]);
    const known = samples.get(key);
    if (known) return known;
    if (samples.size >= LIMITS.metricCounters) void flush();
    const sample: Sample = { kind, name, tags: clean, value: 0 };
    samples.set(key, sample);
    return sample;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS).unref();
  let closing: Promise<void> | undefined;
  return {
    count(name, value, tags = {}) {
      sampleOf("count", name, tags).value += value;
    },
    gauge(name, value, tags = {}) {
      sampleOf("gauge", name, tags).value = value;
    },
    distribution: (name, value, tags = {}) => guarded(() => client.distribution(prefix + name, value, cleaned(tags))),
    check: (name, status, message, tags = {}) =>
      guarded(() => client.check(prefix + name, status, { message: checkMessage(message) }, cleaned(tags))),
    event: (title, text, tags = {}, level = "info") =>
      guarded(() => client.event(eventTitle(title), eventText(text), { alert_type: level }, cleaned(tags))),
    close() {
      clearInterval(timer);
      closing ??= closeClient(client, flush(), warn);
      return closing;
    },
  };
}

/** Names of tags are ours or the config's; values come from anywhere. */
function cleaned(tags: Tags): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [tagValue(name).replaceAll(":", "_"), tagValue(value)]),
  );
}

/** Thousands of datagrams at once would overflow the receiver's socket, and UDP says nothing of what it lost. */
async function sendInBursts(samples: readonly Sample[], send: (sample: Sample) => void): Promise<void> {
  for (const [i, sample] of samples.entries()) {
    if (i > 0 && i % LIMITS.metricBurst === 0) await sleep(LIMITS.metricPauseMs);
    send(sample);
  }
}

/** hot-shots answers a close only after its own drain; a host name that does not resolve must not hold the command. */
function closeClient(client: StatsD, sent: Promise<void>, warn: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(resolve, CLOSE_MS);
    const close = (): void =>
      client.close((error) => {
        if (error) warn(error);
        clearTimeout(deadline);
        resolve();
      });
    sent.then(close, warn);
  });
}
