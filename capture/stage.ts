/** The capture stage: source → recorder → ledger, until the source ends or someone stops it. */

import { CutoverError, messageOf } from "../src/errors.ts";
import { type HealthEndpoint, serveHealth } from "../src/health.ts";
import { LIMITS } from "../src/limits.ts";
import { growYoungGeneration, letHeapGrow } from "../src/memory.ts";
import type { Session, Stage } from "../src/session.ts";
import { filesSource } from "./files/files.ts";
import { kafkaSource } from "./kafka/kafka-source.ts";
import { aborted, drainWithin } from "./operations/drain.ts";
import { describeState, whyNotAlive, whyNotReady } from "./operations/health.ts";
import { CaptureWatch } from "./operations/watch.ts";
import type { Source, SourceContext, Until } from "./port.ts";
import { createLedger } from "./ranges/ledger.ts";
import { createRecorder } from "./ranges/recorder.ts";
import type { Totals } from "./ranges/totals.ts";
import { progressText } from "./render.ts";

export interface CaptureOptions {
  /** When a source that has no end of its own stops; files end where they end. */
  readonly until: Until;
}

/** Sums of the ranges that became durable; seconds of wall time. */
export interface CaptureResult extends Readonly<Totals> {
  readonly seconds: number;
  /** From the first message to the last object: without joining and leaving the group. */
  readonly consumingSeconds: number;
}

const TICK_MS = 1_000;
/** See `growYoungGeneration`. */
const YOUNG_MIB = 8;
/** Messages in a tick from which on a capture is busy. */
const BUSY_MESSAGES = 10_000;

export const captureStage: Stage<CaptureOptions, CaptureResult> = async (session, { until }) => {
  letHeapGrow();
  const source = sourceOf(session, until);
  const watch = new CaptureWatch(session);
  const health = await openHealth(session, watch);
  try {
    await session.store.check({ write: true, signal: session.signal });
    return await runSource(session, source, watch);
  } finally {
    await health?.close();
  }
};

/** Runs one source into the store. */
export async function runSource(
  session: Session,
  source: Source,
  watch = new CaptureWatch(session),
): Promise<CaptureResult> {
  const { clock, log, metrics, signal, store } = session;
  const started = clock.monotonic();
  const seconds = (): number => Math.round(clock.monotonic() - started) / 1000;
  store.onRetry = (error, attempt) => watch.flushes.retried(error, attempt);
  const ledger = watch.ledger(createLedger(store));
  const recorder = createRecorder({ ledger, settings: session.config.capture, clock });
  const stop = AbortSignal.any([signal, recorder.failed]);
  const context: SourceContext = {
    sink: watch.sink(recorder),
    ledger,
    log,
    metrics,
    watch,
    clock,
    stop,
    drain: () => drainWithin(session, recorder, watch),
  };
  let before = 0;
  const timer = setInterval(() => {
    if (recorder.consumed - before >= BUSY_MESSAGES) growYoungGeneration(YOUNG_MIB);
    before = recorder.consumed;
    recorder.tick();
    watch.tick(recorder);
    if (recorder.consumed > 0)
      log.progress(progressText(recorder.consumed, recorder.bufferedBytes, recorder.totals, seconds()));
  }, TICK_MS);
  const ended = (reason: string): void => {
    const { consumed, captured, rejected } = recorder.totals;
    watch.event("capture ended", { reason, consumed, captured, rejected, seconds: seconds() });
  };
  try {
    const reason = await leftInTime(session, source(context));
    stop.throwIfAborted();
    log.info(reason);
    ended(reason);
  } catch (error) {
    ended(messageOf(error));
    throw error;
  } finally {
    clearInterval(timer);
    watch.tick(recorder);
    delete store.onRetry;
    await log.flush();
  }
  const { began = 0, lastDurable = began } = recorder;
  const consumingSeconds = Math.round(lastDurable - began) / 1000;
  const result = { ...recorder.totals, seconds: seconds(), consumingSeconds };
  if (result.rejected > 0 && result.captured === 0)
    log.warn("every message was rejected: see capture.map and rejects/ in the store");
  return result;
}

/** A source that cannot let go of its connection is left behind: what it holds is read again at the next start. */
async function leftInTime({ clock, signal }: Session, source: Promise<string>): Promise<string> {
  const given = new AbortController();
  const overdue = aborted(signal)
    .then(() => clock.sleep(LIMITS.captureDrainMs + LIMITS.captureCloseMs, given.signal))
    .then(() => Promise.reject(signal.reason));
  overdue.catch(() => {});
  source.catch(() => {});
  try {
    return await Promise.race([source, overdue]);
  } finally {
    given.abort();
  }
}

async function openHealth({ config, log }: Session, watch: CaptureWatch): Promise<HealthEndpoint | undefined> {
  const { health } = config.capture;
  if (!health) return undefined;
  const endpoint = await serveHealth(health, {
    healthz: () => ({ reasons: whyNotAlive(watch.state()) }),
    readyz: () => ({ reasons: whyNotReady(watch.state()), ...describeState(watch.state()) }),
  });
  log.info(`health at http://${health.host}:${endpoint.port}/readyz`, { port: endpoint.port });
  return endpoint;
}

/** CONFIG unless exactly one source is configured. */
export function sourceOf({ config, streams }: Session, until: Until): Source {
  const { kafka, files } = config.capture.source ?? {};
  if (config.sourceFault) throw config.sourceFault;
  if (kafka && !files) return kafkaSource(kafka, until);
  if (files && !kafka) return filesSource(files, streams.stdin);
  throw new CutoverError("CONFIG", kafka ? "two sources are configured" : "no source is configured", {
    place: "capture.source",
    expected: "kafka or files, exactly one",
    received: kafka ? "both" : "none",
    hint: "cutover init writes a config with comments",
  });
}
