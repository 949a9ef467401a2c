/** Sentences about how a verdict came about, the same on a terminal, on the page and in CI. */
import type { ModelSummary, ParityLine, Summary, WaiverUse } from "../summary.ts";
import { count, duration, percent, plural, QUANTILES } from "./figures.ts";

/** What the bounds take for granted. */
export function assumptions({ looks }: Pick<Summary, "looks">): string {
  const bound =
    looks === "anytime"
      ? "Bounds that hold at every look of a sequential run (Beta mixture)"
      : "One-sided Clopper–Pearson bounds, for one look";
  return `${bound}. Pairs are assumed independent; a bound is about future traffic like the captured.`;
}

/** Value parity and decision parity, two lines; none of a summary without. */
export function parityLines(parity: ModelSummary["parity"], n: number): string[] {
  if (parity === undefined || n === 0) return [];
  const line = (name: string, { k, rate, lower, upper }: ParityLine): string => {
    const between = `between ${percent(lower, "down")} and ${percent(upper, "up")}`;
    return `${name}: ${count(k)} of ${plural(n, "pair")} differ (${percent(rate)}, ${between})`;
  };
  const decision = parity.decision === null ? "decisions: no rule judges one" : line("decisions", parity.decision);
  return [line("values", parity.value), decision];
}

/** Over the models that judge decisions, and over all: `values 12 of 900 pairs · decisions 3 of 400`; empty without any. */
export function parityOfRun({ models }: Summary): string {
  const judged = Object.values(models).filter(({ parity }) => parity !== undefined);
  if (judged.length === 0) return "";
  const deciding = judged.filter(({ parity }) => parity?.decision);
  const total = (some: readonly ModelSummary[], pick: (model: ModelSummary) => number): number =>
    some.reduce((sum, model) => sum + pick(model), 0);
  const part = (name: string, k: number, n: number): string => {
    const rate = n === 0 ? "" : ` (${percent(k / n)})`;
    return `${name} ${count(k)} of ${plural(n, "pair")} differ${rate}`;
  };
  const n = (model: ModelSummary): number => model.n;
  const values = part(
    "values",
    total(judged, ({ parity }) => parity?.value.k ?? 0),
    total(judged, n),
  );
  if (deciding.length === 0) return values;
  const flips = total(deciding, ({ parity }) => parity?.decision?.k ?? 0);
  return `${values} · ${part("decisions", flips, total(deciding, n))}`;
}

/** `2:0123456789ab accepts 12 pairs until 2027-01-01 (ml-platform: known rounding)`. */
export function waiverLine({ fingerprint, pairs, owner, reason, expires, expired }: WaiverUse): string {
  const what = expired
    ? `expired on ${expires} and accepts nothing any more; ${plural(pairs, "pair")} named`
    : `accepts ${plural(pairs, "pair")} until ${expires}`;
  return `${fingerprint} ${what} (${owner}: ${reason})`;
}

/** `legacy changed its version: v1 0 of 100, v2 5 of 200 pairs differ`; empty where it did not. */
export function versionLine({ versions = [] }: ModelSummary): string {
  if (versions.length < 2) return "";
  const name = (version: string | null): string => (version === null ? "others" : version === "" ? "unnamed" : version);
  const parts = versions.map(({ version, n, k }) => `${name(version)} ${count(k)} of ${count(n)}`);
  return `legacy changed its version inside the window: ${parts.join(", ")} differ`;
}

const NOISY_SHOWN = 5;

/** How often legacy differs from itself, for the fields that fail most often. */
export function noiseLines(run: string, models: Summary["models"]): string[] {
  const fields = Object.entries(models).flatMap(([model, { fields }]) =>
    Object.entries(fields).flatMap(([path, rules]) =>
      Object.entries(rules).flatMap(([rule, { n, k, noise }]) =>
        noise !== undefined && (k > 0 || noise.k > 0) ? [{ name: `${model} ${path} ${rule}`, n, k, noise }] : [],
      ),
    ),
  );
  const rate = (k: number, n: number): string => (n === 0 ? "unknown" : percent(k / n));
  const lines = fields
    .sort((a, b) => b.k - a.k)
    .slice(0, NOISY_SHOWN)
    .map(({ name, n, k, noise }) => {
      return `${name}: candidate ${rate(k, n)}, legacy against itself ${rate(noise.k, noise.n)}`;
    });
  return [`of legacy against itself, by run ${run}; advice, nothing is subtracted`, ...lines];
}

/** `cold starts 12: p50 3.2 s`; empty where the target told of none. */
export function coldLine({ cold }: Summary["latency"]): string {
  if (cold === undefined) return "";
  const known = QUANTILES.filter((name) => cold[name] !== null).map((name) => `${name} ${duration(cold[name])}`);
  return `${plural(cold.count, "cold start")} apart: ${known.join(", ")}`;
}
