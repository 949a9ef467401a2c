/** Fields and rules of the summary: what was declared, what had findings, what matched nothing. */
import { OTHER_FIELDS } from "../accumulate/fields.ts";
import type { ModelTally, RunTally } from "../accumulate/tally.ts";
import { distinctRules, type ModelTable, toRuleUse } from "../models.ts";
import type { FieldCounts, ModelSummary, RuleUse } from "../summary.ts";
import { sorted } from "./totals.ts";

/** Every rule of the config appears, also without findings; then the paths that had any. */
export function fieldsOf(counts: ModelTally, n: number, rules: readonly RuleUse[]): ModelSummary["fields"] {
  const fields = new Map<string, Map<string, FieldCounts>>();
  const set = (path: string, rule: string, value: FieldCounts): void => {
    const byRule = fields.get(path) ?? new Map<string, FieldCounts>();
    fields.set(path, byRule.set(rule, value));
  };
  for (const { path, type } of rules) set(path, type, { n, k: 0, kinds: {} });
  for (const [path, byRule] of counts.fields.entries()) {
    for (const [rule, { k, ignored, waived, kinds }] of byRule) {
      const rest = { ...(ignored > 0 ? { ignored } : {}), ...(waived > 0 ? { waived } : {}) };
      set(path, rule, { n, k, kinds: sorted(kinds), ...rest });
    }
  }
  const last = (path: string): number => (path === OTHER_FIELDS ? 1 : 0);
  const ordered = [...fields].sort(([a], [b]) => last(a) - last(b) || (a < b ? -1 : 1));
  return Object.fromEntries(ordered.map(([path, byRule]) => [path, sorted(byRule)]));
}

/**
 * A rule is unused when pairs of its models were parsed and none of them held a value it matches. Expired rules
 * are listed as such, and a rule for errors is fine without any.
 */
export function unusedRules(names: readonly string[], table: ModelTable, tally: RunTally): RuleUse[] {
  const seen: RuleUse[] = [];
  const used = new Set<string>();
  for (const name of names) {
    const counts = tally.models.get(name);
    if (counts === undefined || counts.parsed === 0) continue;
    const expired = new Set(table.expired(name).map(placeOf));
    for (const [index, rule] of table.resolved(name).rules.entries()) {
      if (rule.rule.type === "error" || expired.has(placeOf(rule))) continue;
      seen.push(toRuleUse(rule));
      if (counts.used.has(index)) used.add(placeOf(rule));
    }
  }
  return distinctRules(seen).filter((rule) => !used.has(placeOf(rule)));
}

function placeOf({ pattern, index }: Pick<RuleUse, "pattern" | "index">): string {
  return JSON.stringify([pattern, index]);
}
