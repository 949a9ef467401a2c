/** What a call tells while it works: the progress line, parked endpoints, metrics. */
import type { Run } from "../src/lake/run.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { Session } from "../src/session.ts";
import type { Parked } from "./pace/health.ts";
import { createMeasure } from "./results/measure.ts";
import { group } from "./results/result.ts";
import { isAnswer, type Tally } from "./results/tally.ts";

export interface Reporter {
  /** `legacyMs`: what legacy took for the same input. */
  result(record: ReplayedRecord, legacyMs: number | null): void;
  park(endpoint: string, parked: Parked): void;
  /** About once a second. */
  tick(onWire: number, parked: number, overBudget: number): void;
  /** Sends what is measured and not sent yet. */
  close(overBudget: number): void;
}

export function createReporter(session: Session, run: Run, stored: Readonly<Tally>): Reporter {
  const { clock, log, metrics } = session;
  const measure = createMeasure(metrics, run.target.name);
  const before = stored.replayed + stored.failed;
  const startedAt = clock.monotonic();
  let finished = 0;
  let failed = stored.failed;
  return {
    result(record, legacyMs) {
      finished++;
      if (!isAnswer(record.outcome)) failed++;
      measure.result(record, legacyMs);
    },
    park(endpoint, { reason, detail }) {
      log.warn(`parked ${endpoint}: its requests are skipped, the others go on`, { reason, detail });
    },
    tick(onWire, parked, overBudget) {
      measure.send(overBudget);
      const done = before + finished;
      const perSecond = finished / Math.max((clock.monotonic() - startedAt) / 1000, 0.001);
      const left = run.planned - done;
      log.progress(
        [
          `${group(done)} of ${group(run.planned)}`,
          `${group(Math.round(perSecond))}/s`,
          perSecond > 0 ? `${duration(left / perSecond)} left` : "",
          `${onWire} in flight`,
          failed > 0 ? `${group(failed)} failed` : "",
          overBudget > 0 ? `${group(overBudget)} not tried again` : "",
          parked > 0 ? `${parked} parked` : "",
        ]
          .filter((part) => part !== "")
          .join(" · "),
      );
    },
    close: measure.send,
  };
}

/** 75 s → `1m15s`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}m`;
}
