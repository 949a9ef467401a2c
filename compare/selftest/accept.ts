/**
 * Which rule accepts a change that no finding was made of. Written apart from the comparison, so that it can
 * contradict it: of exact, number and decision rules it works out itself whether they may accept.
 */
import type { ResolvedModel } from "../../src/config/models.ts";
import type { Rule, RuleType } from "../../src/config/rules.ts";
import type { JsonDocument, JsonNode } from "../json/node.ts";
import { textOf } from "../json/node.ts";
import { childAt, type PathStep, parsePath, type RulePath } from "../json/path.ts";
import { rulePlace } from "../verdict/words.ts";

interface PlacedRule {
  readonly rule: Rule;
  readonly path: RulePath;
  /** `number at $.score, models."*".rules[2]`. */
  readonly name: string;
}

/** Names of the rules that accept the whole change; null when some part of it is beyond every rule that judges it. */
export type Acceptance = ReadonlySet<string> | null;

export type Accepting = (legacy: JsonDocument, candidate: JsonDocument) => Acceptance;

/** `today` is the UTC day: an expired ignore rule accepts nothing. */
export function acceptingRules(model: ResolvedModel, today: string): Accepting {
  const rules = model.rules
    .filter(({ rule }) => rule.type !== "ignore" || today <= rule.expires)
    .map((resolved): PlacedRule => {
      const { rule } = resolved;
      const name = `${rule.type} at ${rule.path}, ${rulePlace(resolved)}`;
      return { rule, path: parsePath(rule.path, rulePlace(resolved)), name };
    });
  return (legacy, candidate) => {
    const names = new Set<string>();
    const accepted = (
      one: JsonNode | undefined,
      other: JsonNode | undefined,
      keys: readonly (string | number)[],
    ): boolean => {
      if (one && other && textOf(legacy, one) === textOf(candidate, other)) return true;
      const here = rulesAt(rules, keys, one ?? other);
      const ignoring = here.find(({ rule }) => rule.type === "ignore");
      if (ignoring) return names.add(ignoring.name) !== undefined;
      if (one === undefined || other === undefined) return mayLack(here, names, other === undefined);
      const list = here.find(({ rule }) => rule.type === "list" && rule.mode !== "ordered");
      if (list && one.kind === "array") return names.add(list.name) !== undefined;
      const judging = here.filter(({ rule }) => WHOLE.has(rule.type) || rule.type === "exact");
      if (judging.length > 0) return judging.every((placed) => takes(placed, one, other, names));
      if (one.kind === other.kind && (one.kind === "array" || one.kind === "object")) {
        return childKeys(one, other).every((key) => accepted(childAt(one, key), childAt(other, key), [...keys, key]));
      }
      const present = here.find(({ rule }) => rule.type === "presence");
      return present !== undefined && names.add(present.name) !== undefined;
    };
    return accepted(legacy.root, candidate.root, []) ? names : null;
  };
}

/** Types that judge a value as a whole, and of which a value may have several. Written again, not taken from the comparator: one that it forgets must show as missed. */
const WHOLE: ReadonlySet<string> = new Set<string>([
  "number",
  "ulp",
  "decimal",
  "time",
  "string",
  "label",
  "decision",
  "topk",
  "rank",
  "vector",
  "probs",
  "custom",
]);

/** Of each type the first whose path matches; an ignore or exact rule also stands for all below it. */
function rulesAt(
  rules: readonly PlacedRule[],
  keys: readonly (string | number)[],
  node: JsonNode | undefined,
): PlacedRule[] {
  const first = new Map<RuleType, PlacedRule>();
  for (const placed of rules) {
    const { rule, path } = placed;
    const below = path.deep || rule.type === "ignore" || rule.type === "exact";
    if (!first.has(rule.type) && matches(path.steps, keys, below) && (!path.deep || isFor(rule, node))) {
      first.set(rule.type, placed);
    }
  }
  return [...first.values()];
}

function matches(steps: readonly PathStep[], keys: readonly (string | number)[], below: boolean): boolean {
  if (below ? steps.length > keys.length : steps.length !== keys.length) return false;
  return steps.every((step, i) => {
    const key = keys[i];
    if (step === "[*]") return typeof key === "number";
    return "name" in step ? step.name === key : step.index === key;
  });
}

/** A rule at `..*` is for the values of its type. */
function isFor({ type }: Rule, node: JsonNode | undefined): boolean {
  const kind = node?.kind;
  if (type === "number" || (type as string) === "ulp" || (type as string) === "decimal" || type === "decision")
    return kind === "number";
  if (type === "string") return kind === "string";
  if (type === "list") return kind === "array";
  return type === "exact" || type === "ignore" || type === "presence" ? true : kind !== "object";
}

function mayLack(here: readonly PlacedRule[], names: Set<string>, dropped: boolean): boolean {
  const states = dropped ? ["optional", "legacyOnly"] : ["optional", "newOnly"];
  const rule = here.find((placed) => placed.rule.type === "presence" && states.includes(placed.rule.state));
  if (rule !== undefined) return names.add(rule.name) !== undefined;
  const judging = here.filter((placed) => WHOLE.has(placed.rule.type) || placed.rule.type === "exact");
  if (judging.length === 0 || judging.some((placed) => placed.rule.weight === "gate")) return false;
  for (const { name } of judging) names.add(`${name} (weight advise)`);
  return true;
}

function takes({ rule, name }: PlacedRule, legacy: JsonNode, candidate: JsonNode, names: Set<string>): boolean {
  if (rule.weight === "advise") return names.add(`${name} (weight advise)`) !== undefined;
  if (rule.type === "exact") return false;
  const [old, now] = [numberOf(legacy), numberOf(candidate)];
  if (old !== null && now !== null) {
    if (
      rule.type === "number" &&
      rule.width === 64 &&
      !(Math.abs(now - old) <= rule.atol + rule.rtol * Math.abs(old))
    ) {
      return false;
    }
    if (rule.type === "decision" && changesSide(rule, old, now)) return false;
  }
  if (rule.type === "label" && legacy.kind !== "array") return false;
  names.add(name);
  return true;
}

function numberOf(node: JsonNode): number | null {
  return node.kind === "number" ? node.value : null;
}

function changesSide(
  { threshold, thresholds = threshold === undefined ? [] : [threshold], band }: Extract<Rule, { type: "decision" }>,
  legacy: number,
  candidate: number,
): boolean {
  return thresholds.some(
    (at) => legacy >= at !== candidate >= at && (Math.abs(legacy - at) > band || Math.abs(candidate - at) > band),
  );
}

function childKeys(one: JsonNode, other: JsonNode): (string | number)[] {
  if (one.kind === "array" && other.kind === "array") {
    return Array.from({ length: Math.max(one.items.length, other.items.length) }, (_, index) => index);
  }
  const names = [one, other].flatMap((node) => (node.kind === "object" ? [...node.members.keys()] : []));
  return [...new Set(names)];
}
