/** Counts what a call uses, try by try, and says when a cap is reached. */
import type { Clock } from "../../src/clock.ts";
import type { TargetSettings } from "../../src/config/schema.ts";
import type { CapReason } from "../../src/lake/run.ts";
import type { Caps, Ending } from "../pace/caps.ts";
import type { Target } from "../targets/target.ts";
import type { CapLimits } from "./caps.ts";
import { money, priceOf } from "./price.ts";

export interface Meter {
  /** The target, with every try counted where a cap or a price needs it. */
  readonly target: Target;
  readonly caps: Caps;
  /** False once a cap leaves no room for one more try: those on the wire finish, none begins. */
  mayTry(): boolean;
  /** UTC milliseconds at which a cap was reached. */
  readonly endedAt: number | undefined;
  /** Of this call; null when the target has no price. */
  readonly cost: number | null;
}

/** So much of an amount is the noise of binary fractions: three tries of 0.1 cost 0.3. */
const ROUNDING = 1e-9;

export interface MeterOptions {
  readonly limits: CapLimits;
  readonly settings: Pick<TargetSettings, "price" | "timeout">;
  readonly target: Target;
  readonly clock: Clock;
  /** Monotonic milliseconds at which the call began. */
  readonly startedAt: number;
}

export function createMeter({ limits, settings, target, clock, startedAt }: MeterOptions): Meter {
  const { price, timeout } = settings;
  let tries = 0;
  let ms = 0;
  let inFlight = 0;
  let errors = 0;
  let ended: Ending | undefined;
  let endedAt: number | undefined;
  const end = (reason: CapReason, detail: string): void => {
    ended ??= { reason, detail, now: true };
    endedAt ??= clock.now();
  };
  const lookAtTime = (): void => {
    const { durationMs } = limits;
    if (durationMs !== null && clock.monotonic() - startedAt >= durationMs) {
      end("max_duration", `${durationMs / 1000} s are over`);
    }
  };
  /** What one more try may bring it to, with all that is in flight taking its whole time. */
  const dearest = (): number => (price ? priceOf(price, tries + 1, ms + (inFlight + 1) * timeout) : 0);
  const mayTry = (): boolean => {
    lookAtTime();
    const { requests, cost } = limits;
    if (requests !== null && tries >= requests) end("max_requests", `${tries} tries are sent`);
    if (price && cost !== null && dearest() > cost * (1 + ROUNDING)) {
      end("max_cost", `${money(priceOf(price, tries, ms))} of ${money(cost)} are spent, and one more could pass it`);
    }
    return ended === undefined;
  };
  const counted: Target = {
    ...target,
    async send(request) {
      const from = clock.monotonic();
      tries++;
      inFlight++;
      try {
        return await target.send(request);
      } finally {
        inFlight--;
        ms += clock.monotonic() - from;
      }
    },
  };
  return {
    mayTry,
    // A promise more for each request, where nobody asks how many there were.
    target: limits.requests === null && !price ? target : counted,
    caps: {
      mayStart: mayTry,
      giveBack() {},
      note({ outcome }) {
        if (outcome !== "ok" && outcome !== "model_error") errors++;
        if (limits.errors !== null && errors >= limits.errors) end("max_errors", `${errors} requests have failed`);
      },
      ending() {
        lookAtTime();
        return ended;
      },
    },
    get endedAt() {
      return endedAt;
    },
    get cost() {
      return price ? priceOf(price, tries, ms) : null;
    },
  };
}
