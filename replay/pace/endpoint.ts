/** What a call learns of one endpoint while it works, and how much it may therefore ask of it. */
import type { Fate } from "../targets/target.ts";
import { type Adaptive, createAdaptive } from "./adaptive.ts";
import type { AnswerSizes } from "./answer-size.ts";
import { type Breaker, createBreaker, FAILING } from "./breaker.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

export interface PaceSettings {
  readonly perEndpoint: number;
  readonly adaptive: boolean;
  /** Milliseconds over which the places of an endpoint grow from one to all; 0 gives all at once. */
  readonly rampUp: number;
  /** Share of requests that may be tried again. */
  readonly retryBudget: number;
  /** Time after which an endpoint that only fails is broken. */
  readonly brokenMs: number;
}

/** Of no use to the limit: the endpoint did not show that it can answer. */
const ASLEEP: ReadonlySet<Fate> = new Set(["not_ready", "refused"]);

export class EndpointPace {
  /** True until it has answered, and again once it says that it is not ready: one request at a time. */
  cold = true;
  /** When it last answered anything but "not ready" or a failure. */
  aliveAt = Number.NEGATIVE_INFINITY;
  readonly #settings: PaceSettings;
  readonly #sizes: AnswerSizes;
  readonly #adaptive: Adaptive | undefined;
  readonly #breaker: Breaker;
  readonly #retries: RetryBudget;
  #begunAt: number | undefined;
  #answerBytes: number | undefined;

  constructor(settings: PaceSettings, sizes: AnswerSizes) {
    this.#settings = settings;
    this.#sizes = sizes;
    this.#adaptive = settings.adaptive ? createAdaptive(settings.perEndpoint) : undefined;
    this.#breaker = createBreaker(settings.brokenMs);
    this.#retries = createRetryBudget(settings.retryBudget);
  }

  /** Tries that may be on the wire: at least 1, at most `perEndpoint`. */
  limit(now: number): number {
    if (this.cold || this.#breaker.tripped) return 1;
    const { perEndpoint, rampUp } = this.#settings;
    const found = this.#adaptive ? Math.floor(this.#adaptive.limit) : perEndpoint;
    if (rampUp === 0 || this.#begunAt === undefined) return found;
    return Math.min(found, 1 + Math.floor(((perEndpoint - 1) * (now - this.#begunAt)) / rampUp));
  }

  /** Before this time nothing is to be sent. */
  get opensAt(): number {
    return this.#breaker.opensAt;
  }

  /** Bytes that its next answer is expected to have. */
  get answerBytes(): number {
    return this.#answerBytes ?? this.#sizes.unknown;
  }

  /** A request has its first try. */
  begin(now: number): void {
    this.#begunAt ??= now;
    this.#retries.begin();
  }

  /** One try came back; true when the endpoint is broken. */
  note(fate: Fate, answerBytes: number | null, startedAt: number, now: number): boolean {
    this.#answerBytes = this.#sizes.learn(this.#answerBytes, answerBytes);
    if (fate === "not_ready") {
      this.cold = true;
      this.#adaptive?.restart();
    } else if (!ASLEEP.has(fate) && !FAILING.has(fate)) {
      this.cold = false;
      this.aliveAt = now;
    }
    const wasTripped = this.#breaker.tripped;
    const broken = this.#breaker.note(fate, now);
    if (this.#breaker.tripped && !wasTripped) this.#adaptive?.restart();
    this.#adaptive?.note(fate, startedAt, now);
    return broken;
  }

  /** Takes one of the further tries that its requests have brought. */
  mayRetry(): boolean {
    return this.#retries.take();
  }
}
