/** Which pairs of a group's sample a person is shown. */
import type { ResolvedRule } from "../../src/config/models.ts";
import { LIMITS } from "../../src/limits.ts";
import { type PathStep, parsePath } from "../json/path.ts";
import type { Sampled } from "./samples.ts";
import type { ExemplarChoice } from "./types.ts";

export interface ChosenExemplar {
  readonly item: Sampled;
  /** Absent for one that only its place in the sample chose. */
  readonly why?: ExemplarChoice;
}

/**
 * At most five: the median and the largest difference, the nearest to a threshold, the one with fewest other findings, the
 * rest by hash. A pure function of the sample, in order of its hash. `thresholds` of the rule that judged, none where it has none.
 */
export function chooseExemplars(sample: readonly Sampled[], thresholds: readonly number[]): ChosenExemplar[] {
  const chosen: ChosenExemplar[] = [];
  const take = (item: Sampled | undefined, why?: ExemplarChoice): void => {
    if (item === undefined || chosen.length >= LIMITS.exemplarsPerGroup) return;
    if (!chosen.some((one) => one.item === item)) chosen.push({ item, ...(why === undefined ? {} : { why }) });
  };
  const bySize = sortedBy(
    sample.filter(({ delta }) => delta !== null),
    ({ delta }) => Math.abs(delta ?? 0),
  );
  if (varies(bySize, ({ delta }) => Math.abs(delta ?? 0))) {
    if (bySize.length > 2) take(bySize[(bySize.length - 1) >> 1], "median");
    // The first of equally large ones, so that the last item does not depend on how equals are sorted.
    const largest = Math.abs(bySize.at(-1)?.delta ?? 0);
    take(
      bySize.find(({ delta }) => Math.abs(delta ?? 0) === largest),
      "worst",
    );
  }
  if (thresholds.length > 0) {
    const distance = ({ legacy }: Sampled): number =>
      Math.min(...thresholds.map((at) => Math.abs(Number(legacy) - at)));
    const readable = sample.filter((item) => item.legacy !== null && Number.isFinite(distance(item)));
    take(
      sortedBy(readable, distance).find((item) => !chosen.some((one) => one.item === item)),
      "threshold",
    );
  }
  if (varies(sample, ({ others }) => others)) {
    const fewest = sortedBy(sample, ({ others }) => others);
    take(
      fewest.find((item) => !chosen.some((one) => one.item === item)),
      "fewest",
    );
  }
  for (const item of sample) take(item);
  return chosen;
}

/** Thresholds of the decision rules that judge the field; of one path the first rule wins. */
export function thresholdsOf(rules: readonly ResolvedRule[], field: string): number[] {
  for (const { rule } of rules) {
    if (rule.type !== "decision" || !isAt(rule.path, field)) continue;
    return [...(rule.thresholds ?? (rule.threshold === undefined ? [] : [rule.threshold]))];
  }
  return [];
}

function isAt(path: string, field: string): boolean {
  const { steps, deep } = parsePath(path, path);
  const places = parsePath(field, field).steps;
  if (deep ? places.length < steps.length : places.length !== steps.length) return false;
  return steps.every((step, at) => isStep(step, places[at]));
}

function isStep(step: PathStep, place: PathStep | undefined): boolean {
  if (place === undefined) return false;
  if (typeof step === "object" && "name" in step)
    return typeof place === "object" && "name" in place && place.name === step.name;
  return place === "[*]";
}

/** Equals stay in the order of the sample, which is that of the hash. */
function sortedBy(sample: readonly Sampled[], value: (item: Sampled) => number): Sampled[] {
  return [...sample].sort((a, b) => value(a) - value(b));
}

function varies(sample: readonly Sampled[], value: (item: Sampled) => number): boolean {
  const [first] = sample;
  return first !== undefined && sample.some((item) => value(item) !== value(first));
}
