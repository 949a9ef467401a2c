/** `--max-requests`, `--max-errors`, `--max-cost`, `--max-duration`: what one call may use before it ends in good order. */
import type { TargetSettings } from "../../src/config/schema.ts";
import { parseDuration } from "../../src/config/units.ts";
import { parseCount } from "../../src/count.ts";
import { CutoverError } from "../../src/errors.ts";
import { priceOf } from "./price.ts";

export interface CapFlags {
  /** Tries on the wire, the retries among them. */
  readonly maxRequests?: string;
  /** Results that are no answers. */
  readonly maxErrors?: string;
  /** In the currency of `price`. */
  readonly maxCost?: string;
  /** `10m`; from the start of the call. */
  readonly maxDuration?: string;
}

/** Null: not capped. All are over one call: the same command again may use as much again. */
export interface CapLimits {
  readonly requests: number | null;
  readonly errors: number | null;
  readonly cost: number | null;
  readonly durationMs: number | null;
}

export function capLimitsOf(flags: CapFlags): CapLimits {
  return {
    requests: flags.maxRequests === undefined ? null : parseCount("--max-requests", flags.maxRequests, /^\d{1,12}$/),
    errors: flags.maxErrors === undefined ? null : parseCount("--max-errors", flags.maxErrors, /^\d{1,12}$/),
    cost: flags.maxCost === undefined ? null : parseCost(flags.maxCost),
    durationMs: flags.maxDuration === undefined ? null : parseTimeSpan(flags.maxDuration),
  };
}

/** Of what `--max-cost` allows, tries in flight may hold back so much: the call then ends with most of it used. */
const IN_FLIGHT_SHARE = 0.1;

/**
 * The settings under a cap on cost: USAGE without a price, or where not one try fits. A try in flight counts as if it
 * took its whole time-out, so fewer are in flight where little may be spent.
 */
export function settingsUnderCost<T extends TargetSettings>(settings: T, target: string, { cost }: CapLimits): T {
  if (cost === null) return settings;
  const { price, timeout, concurrency } = settings;
  if (!price) {
    throw new CutoverError("USAGE", "--max-cost needs to know what a request costs", {
      place: `targets.${target}.price`,
      expected: "price: { perRequest, gbSecond, memoryGb }",
      hint: "or cap the tries themselves: --max-requests N",
    });
  }
  const dearest = priceOf(price, 1, timeout);
  if (dearest > cost) {
    throw new CutoverError("USAGE", "--max-cost does not allow one request", {
      place: `targets.${target}`,
      expected: `at least ${dearest}, what one try costs that takes its whole time-out of ${timeout} ms`,
      received: `${cost}`,
      hint: "allow more, or give the target a shorter timeout",
    });
  }
  if (dearest === 0) return settings;
  const places = Math.max(1, Math.floor((cost * IN_FLIGHT_SHARE) / dearest));
  return { ...settings, concurrency: { ...concurrency, total: Math.min(concurrency.total, places) } };
}

function parseCost(text: string): number {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new CutoverError("USAGE", "--max-cost is not an amount", {
    expected: "a number above 0 in the currency of price, such as 2.50",
    received: text,
  });
}

function parseTimeSpan(text: string): number {
  const value = parseDuration(text) ?? 0;
  if (value > 0) return value;
  throw new CutoverError("USAGE", "--max-duration is not a duration", {
    expected: "a duration such as 90s, 10m or 2h",
    received: text,
  });
}
