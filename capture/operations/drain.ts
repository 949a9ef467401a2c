/** The end of a capture that was told to stop: what is held becomes durable within a limit, and the rest is named. */
import { LIMITS } from "../../src/limits.ts";
import type { Session } from "../../src/session.ts";
import type { Recorder } from "../ranges/recorder.ts";
import type { CaptureWatch } from "./watch.ts";

/** Waits until all is durable; once the user has said stop not longer than the limit. */
export async function drainWithin(
  { signal, clock, log }: Pick<Session, "signal" | "clock" | "log">,
  recorder: Pick<Recorder, "flush" | "bufferedBytes">,
  watch: CaptureWatch,
): Promise<void> {
  const started = clock.monotonic();
  watch.stopping();
  const left = () => ({ bytes: recorder.bufferedBytes, positions: watch.held.count });
  watch.event("drain begins", left());
  const flushed = watch.flushes.closing(() => recorder.flush());
  const given = new AbortController();
  const late = aborted(signal)
    .then(() => clock.sleep(LIMITS.captureDrainMs, given.signal))
    .then(() => log.warn("stopped before all was written; the next start reads the rest again", left()));
  late.catch(() => {});
  try {
    await Promise.race([flushed, late]);
  } finally {
    given.abort();
    watch.event("drain ends", { ...left(), ms: Math.round(clock.monotonic() - started) });
  }
}

/** Resolves once the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
