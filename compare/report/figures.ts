/** Figures as people read them. Pure; shared by every reporter, so that all of them say the same. */
import type { Coverage, ModelSummary, Outcomes, Quantiles } from "../summary.ts";

const grouped = new Intl.NumberFormat("en-US");

/** `6,000` */
export function count(value: number): string {
  return grouped.format(value);
}

/** `1 model`, `2 models` */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/**
 * A share as a percentage of three significant digits. Bounds are rounded away from comfort: an upper
 * bound up, a lower bound and a coverage down, so that 99.9996 % never reads 100 % and a bound just
 * above its limit never reads as the limit.
 */
export function percent(share: number, rounding: "nearest" | "up" | "down" = "nearest"): string {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  if (value === 0) return "0 %";
  if (value < 1e-6) return `${value.toExponential(1)} %`;
  const exact = Number(value.toPrecision(12));
  const digits = Math.min(10, Math.max(0, 2 - Math.floor(Math.log10(exact))));
  const scale = 10 ** digits;
  const scaled = Number((exact * scale).toPrecision(12));
  const whole = rounding === "up" ? Math.ceil(scaled) : rounding === "down" ? Math.floor(scaled) : Math.round(scaled);
  return `${String(Number((whole / scale).toFixed(digits)))} %`;
}

/** Milliseconds, three significant digits: `3.14 ms`, `1.25 s`; `–` when unknown. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return "–";
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return `${Number(ms.toPrecision(3))} ms`;
}

/** How many times the legacy quantile: `×1.13`; empty when either is unknown. */
export function slowdown(legacy: number | null, candidate: number | null): string {
  if (legacy === null || candidate === null || legacy <= 0) return "";
  return `×${(candidate / legacy).toFixed(2)}`;
}

/** Share of the scope whose two answers could be read and paired: 1 − (unpaired + unreadable) / scope. */
export function covered(model: Pick<ModelSummary, "coverage" | "errors">): number {
  const { scope, unpaired } = model.coverage;
  if (scope === 0) return 0;
  return 1 - (unpaired + (model.errors.legacy_unparseable ?? 0)) / scope;
}

export interface Sum {
  readonly total: { readonly label: string; readonly value: number };
  readonly parts: readonly { readonly label: string; readonly value: number }[];
  readonly adds: boolean;
}

/** Every record accounted for: selection, scope and outcomes, each as a sum that adds up or says that it does not. */
export function sums(coverage: Coverage, outcomes: Outcomes): Sum[] {
  const sum = (label: string, value: number, parts: [string, number][]): Sum => ({
    total: { label, value },
    parts: parts.map(([name, part]) => ({ label: name, value: part })),
    adds: parts.reduce((total, [, part]) => total + part, 0) === value,
  });
  return [
    sum("selected", coverage.captured, [
      ["in scope", coverage.scope],
      ["skipped", coverage.skipped],
    ]),
    sum("in scope", coverage.scope, [
      ["compared", coverage.compared],
      ["unpaired", coverage.unpaired],
      ["not comparable", coverage.notComparable],
    ]),
    sum("compared", coverage.compared, [
      ["match", outcomes.match],
      ["mismatch", outcomes.mismatch],
      ["ignored", outcomes.ignored],
    ]),
  ];
}

export const QUANTILES = ["p50", "p95", "p99"] as const satisfies readonly (keyof Quantiles)[];

/** `near_tie` → `near tie`, `decision_flip` → `decision flip`. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
