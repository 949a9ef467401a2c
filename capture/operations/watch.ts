/**
 * What goes on in a capture, seen in one place: what source, ledger and store tell becomes metrics, log lines and
 * the state that health is judged by. It never changes what happens.
 */
import type { CaptureSettings } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import type { Session } from "../../src/session.ts";
import type { CaptureSink, SourceWatch } from "../port.ts";
import type { Ledger } from "../ranges/ledger.ts";
import type { Recorder } from "../ranges/recorder.ts";
import { FlushWatch } from "./flushes.ts";
import type { CaptureState } from "./health.ts";
import { HeldPositions } from "./held.ts";

const OTHER = "other";

export class CaptureWatch implements SourceWatch {
  readonly flushes: FlushWatch;
  readonly held = new HeldPositions();
  readonly #session: Pick<Session, "clock" | "log" | "metrics" | "streams">;
  readonly #settings: CaptureSettings;
  readonly #lags = new Map<string, number>();
  readonly #lagSeconds = new Map<string, number>();
  #group: CaptureState["group"];
  #partitions = 0;
  #joins = 0;
  #heardAt: number;
  #answeredAt: number;
  #tickedAt: number;
  #movedAt: number;
  #consumed = 0;
  #stoppingSince: number | undefined;

  constructor(session: Pick<Session, "clock" | "log" | "metrics" | "streams" | "config">) {
    const { clock, log, metrics, config } = session;
    this.#session = session;
    this.#settings = config.capture;
    this.#group = config.capture.source?.kafka ? "joining" : "none";
    this.#heardAt = this.#answeredAt = this.#tickedAt = this.#movedAt = clock.monotonic();
    const { rotate } = config.capture;
    this.flushes = new FlushWatch({ clock, log, metrics, rotate, event: (text, fields) => this.event(text, fields) });
  }

  assigned(partitions: number): void {
    this.answered();
    this.#group = "assigned";
    this.#partitions = partitions;
    this.#lags.clear();
    this.#lagSeconds.clear();
    if (this.#joins++ > 0) this.#session.metrics.count("capture.rebalances", 1);
    this.event("partitions assigned", { partitions, rebalances: this.#joins - 1 });
  }

  reading(): void {
    this.#group = "reading";
    this.#movedAt = this.#session.clock.monotonic();
    this.event("partitions opened", { partitions: this.#partitions });
  }

  left(): void {
    this.#heardAt = this.#session.clock.monotonic();
    if (this.#group === "left") return;
    this.event("partitions given back", { partitions: this.#partitions });
    this.#group = "left";
    this.#partitions = 0;
  }

  answered(): void {
    this.#heardAt = this.#answeredAt = this.#session.clock.monotonic();
  }

  lag(topic: string, messages: number, seconds: number): void {
    this.#lags.set(topic, messages);
    this.#lagSeconds.set(topic, seconds);
  }

  /** An event of ordinary work: for a program that reads the log; on a terminal only when asked for. */
  event(message: string, fields: LogFields): void {
    const { log, streams } = this.#session;
    if (streams.stderr.isTTY) log.debug(message, fields);
    else log.info(message, fields);
  }

  /** From now on nothing is taken; what is held becomes durable. */
  stopping(): void {
    this.#stoppingSince ??= this.#session.clock.monotonic();
  }

  ledger(inner: Ledger): Ledger {
    return this.flushes.ledger(inner);
  }

  sink(inner: CaptureSink): CaptureSink {
    return this.held.watch(inner, (flush) => this.flushes.closing(flush));
  }

  /** Called about once a second. */
  tick({ consumed, bufferedBytes }: Pick<Recorder, "consumed" | "bufferedBytes">): void {
    const { clock, metrics } = this.#session;
    const now = clock.monotonic();
    this.#tickedAt = now;
    if (consumed !== this.#consumed || this.#lag === 0) this.#movedAt = now;
    this.#consumed = consumed;
    const limit = this.#settings.memory * LIMITS.captureBufferShare * LIMITS.captureRowShare;
    metrics.gauge("capture.buffer_bytes", bufferedBytes);
    metrics.gauge("capture.buffer_share", Math.round((bufferedBytes / limit) * 1_000) / 1_000);
    metrics.gauge("capture.resident_bytes", process.memoryUsage.rss());
    metrics.gauge("capture.since_durable_s", Math.round((now - this.flushes.durableAt) / 1_000));
    metrics.gauge("capture.partitions", this.#partitions);
    for (const [topic, messages] of taggedLags(this.#lags)) metrics.gauge("capture.lag", messages, { topic });
    for (const [topic, seconds] of taggedLags(this.#lagSeconds, Math.max))
      metrics.gauge("capture.lag_s", seconds, { topic });
  }

  state(): CaptureState {
    return {
      now: this.#session.clock.monotonic(),
      tickedAt: this.#tickedAt,
      group: this.#group,
      partitions: this.#partitions,
      heardAt: this.#heardAt,
      answeredAt: this.#answeredAt,
      full: this.held.full,
      lag: this.#lag,
      held: this.held.count,
      movedAt: this.#movedAt,
      writingSince: this.flushes.oldest,
      durableAt: this.flushes.durableAt,
      storeFault: this.flushes.storeFault,
      stoppingSince: this.#stoppingSince,
    };
  }

  get #lag(): number {
    return [...this.#lags.values()].reduce((sum, messages) => sum + messages, 0);
  }
}

/** The first topics by name, the others together: always the same ones, so that no series changes its meaning. */
export function taggedLags(
  lags: ReadonlyMap<string, number>,
  together: (a: number, b: number) => number = (a, b) => a + b,
): Map<string, number> {
  const tagged = new Map<string, number>();
  for (const [i, topic] of [...lags.keys()].sort().entries()) {
    const tag = i < LIMITS.metricTopics ? topic : OTHER;
    tagged.set(tag, together(tagged.get(tag) ?? 0, lags.get(topic) ?? 0));
  }
  return tagged;
}
