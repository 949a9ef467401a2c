/** The Kafka source in this process, on a store and a client that a test can lay its hands on. */
import { connectKafka, type KafkaClient } from "../../capture/kafka/kafka.ts";
import { kafkaSource } from "../../capture/kafka/kafka-source.ts";
import type { Until } from "../../capture/port.ts";
import { createLedger } from "../../capture/ranges/ledger.ts";
import { createRecorder } from "../../capture/ranges/recorder.ts";
import { systemClock } from "../../src/clock.ts";
import { configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import type { Logger } from "../../src/log.ts";
import { noMetrics } from "../../src/metrics.ts";
import type { Store } from "../../src/store/port.ts";

export interface InProcess {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly store: Store;
  readonly until?: Until;
  readonly capture?: WrittenConfig["capture"];
  /** Changes what the client says. */
  readonly client?: (client: KafkaClient) => KafkaClient;
}

export interface InProcessRun {
  readonly reason: string;
  readonly warnings: readonly string[];
  readonly gauges: ReadonlyMap<string, readonly number[]>;
}

/** Runs to the end; rejects with what the source rejects with. */
export async function captureInProcess({
  brokers,
  topic,
  store,
  until = { kind: "end" },
  capture = {},
  client = (same) => same,
}: InProcess): Promise<InProcessRun> {
  const kafka = { brokers: [...brokers], topics: [topic], group: topic };
  const settings = configSchema.parse({ capture: { ...capture, source: { kafka } } }).capture;
  const from = settings.source?.kafka;
  if (!from) throw new Error("no source");
  const clock = systemClock;
  const ledger = createLedger(store);
  const recorder = createRecorder({ ledger, settings, clock });
  const warnings: string[] = [];
  const gauges = new Map<string, number[]>();
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message) => void warnings.push(message),
    error() {},
    progress() {},
    flush: async () => {},
  };
  const source = kafkaSource(from, until, async (...args) => client(await connectKafka(...args)));
  const ticker = setInterval(() => recorder.tick(), 500);
  try {
    const reason = await source({
      sink: recorder,
      ledger,
      log,
      metrics: { ...noMetrics, gauge: (name, value) => void gauges.set(name, [...(gauges.get(name) ?? []), value]) },
      clock,
      stop: recorder.failed,
      drain: () => recorder.flush(),
    });
    recorder.failed.throwIfAborted();
    return { reason, warnings, gauges };
  } finally {
    clearInterval(ticker);
  }
}
