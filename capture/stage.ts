/** The capture stage: source → recorder → ledger, until the source ends or someone stops it. */

import { CutoverError } from "../src/errors.ts";
import { LIMITS } from "../src/limits.ts";
import type { Session, Stage } from "../src/session.ts";
import { filesSource } from "./files.ts";
import { kafkaSource } from "./kafka-source.ts";
import { createLedger } from "./ledger.ts";
import type { Source, SourceContext, Until } from "./port.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { progressText } from "./render.ts";
import type { Totals } from "./totals.ts";

export interface CaptureOptions {
  /** When a source that has no end of its own stops; files end where they end. */
  readonly until: Until;
}

/** Sums of the ranges that became durable; `seconds` of wall time. */
export interface CaptureResult extends Readonly<Totals> {
  readonly seconds: number;
}

const TICK_MS = 1_000;

export const captureStage: Stage<CaptureOptions, CaptureResult> = async (session, { until }) => {
  const source = sourceOf(session, until);
  await session.store.check({ write: true, signal: session.signal });
  return runSource(session, source);
};

/** Runs one source into the store. */
export async function runSource(session: Session, source: Source): Promise<CaptureResult> {
  const { clock, log, metrics, signal } = session;
  const started = clock.monotonic();
  const ledger = createLedger(session.store);
  const recorder = createRecorder({
    ledger,
    settings: session.config.capture,
    clock,
    onCommit: ({ key, footer, bytes, objects }) => {
      log.debug("range durable", { key, captured: footer.captured, rejected: footer.rejected, bytes });
      metrics.count("capture.consumed", Number(BigInt(footer.last) - BigInt(footer.first)) + 1);
      metrics.count("capture.captured", footer.captured);
      metrics.count("capture.rejected", footer.rejected);
      metrics.count("capture.objects", objects);
      metrics.count("capture.bytes", bytes);
    },
  });
  const stop = AbortSignal.any([signal, recorder.failed]);
  const context: SourceContext = {
    sink: recorder,
    ledger,
    log,
    metrics,
    clock,
    stop,
    drain: () => drain(session, recorder),
  };
  const timer = setInterval(() => {
    recorder.tick();
    const seconds = (clock.monotonic() - started) / 1000;
    if (recorder.consumed > 0)
      log.progress(progressText(recorder.consumed, recorder.bufferedBytes, recorder.totals, seconds));
  }, TICK_MS);
  try {
    const reason = await source(context);
    stop.throwIfAborted();
    log.info(reason);
  } finally {
    clearInterval(timer);
    await log.flush();
  }
  const result = { ...recorder.totals, seconds: Math.round(clock.monotonic() - started) / 1000 };
  if (result.rejected > 0 && result.captured === 0)
    log.warn("every message was rejected: see capture.map and rejects/ in the store");
  return result;
}

/** Once the user has said stop the wait is bounded: what is not durable by then is read again at the next start. */
async function drain({ signal, clock, log }: Session, recorder: Recorder): Promise<void> {
  const flushed = recorder.flush();
  const given = new AbortController();
  const late = waitAborted(signal)
    .then(() => clock.sleep(LIMITS.captureDrainMs, given.signal))
    .then(() => log.warn("stopped before all was written; the next start reads the rest again"));
  try {
    await Promise.race([flushed, late]);
  } finally {
    given.abort();
    late.catch(() => {});
  }
}

function waitAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
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
