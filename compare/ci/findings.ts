/** What of a summary is worth a line of its own in CI. */
import { modelsInOrder } from "../report/order.ts";
import type { FieldCounts, ModelSummary, Summary } from "../summary.ts";

export interface FieldFinding {
  readonly field: string;
  readonly rule: string;
  readonly counts: FieldCounts;
}

/** Models with a gate, those that need a look first. */
export function gatedModels({ models }: Summary): [string, ModelSummary][] {
  return modelsInOrder(models).filter(([, { limit }]) => limit !== null);
}

/** Fields that failed, the most often failing first. */
export function failingFields({ fields }: ModelSummary): FieldFinding[] {
  return allFields({ fields })
    .filter(({ counts }) => counts.k > 0)
    .sort((a, b) => b.counts.k - a.counts.k);
}

/** Every field and rule type, in the order of the summary. */
export function allFields({ fields }: Pick<ModelSummary, "fields">): FieldFinding[] {
  return Object.entries(fields).flatMap(([field, rules]) =>
    Object.entries(rules).map(([rule, counts]) => ({ field, rule, counts })),
  );
}
