/** Rules that might accept a group, the narrowest first, as its evidence has them. Whether they do is found by judging again. */
import type { z } from "zod";
import { type Rule, ruleSchema } from "../../src/config/rules.ts";
import type { Group } from "../summary.ts";
import { roundUp } from "../tolerance/render.ts";
import { type Evidence, STRING_WAYS, type StringWay } from "./evidence.ts";

/** As a person writes it. */
export type WrittenRule = z.input<typeof ruleSchema>;

export interface RuleOption {
  readonly rules: readonly WrittenRule[];
  /** Accepts whatever stands at the path. */
  readonly hidesAll?: true;
  /** What a reader should know of it before using it. */
  readonly note?: string;
}

export interface OptionContext {
  readonly group: Group;
  /** The rule that judged; undefined for the default. */
  readonly judged: Rule | undefined;
  /** Every pair of the model is in the group. */
  readonly everyPair: boolean;
  /** Day that an ignore rule would expire. */
  readonly expires: string;
}

/** The last one hides everything at the path; none where no rule can help. */
export function optionsFor(evidence: Evidence, context: OptionContext): RuleOption[] {
  const { group } = context;
  // Coarsened beyond its path: no rule speaks of it.
  if (!group.path.startsWith("$")) return [];
  const narrow = (BY_KIND[group.kind] ?? none)(evidence, context);
  const isWhole = group.path === "$" || WHOLE_ANSWER.has(group.kind);
  return isWhole ? narrow : [...narrow, ignoring(context)];
}

/** Differences of answers as wholes: no rule at a path is about them. */
const WHOLE_ANSWER: ReadonlySet<string> = new Set(["error_new", "error_legacy", "error_class", "shape"]);

type Maker = (evidence: Evidence, context: OptionContext) => RuleOption[];
const none: Maker = () => [];

const BY_KIND: Partial<Record<Group["kind"], Maker>> = {
  value: (evidence, context) => [
    ...numbers(evidence, context),
    ...times(evidence, context),
    ...strings(evidence, context),
  ],
  type: (evidence, context) => (evidence.coerced ? numbers(evidence, context) : []),
  order: (_, context) => [{ rules: [{ path: context.group.path, type: "list", mode: "multiset" }] }],
  missing_field: (_, context) => presence(context, "legacyOnly"),
  extra_field: (_, context) => presence(context, "newOnly"),
  decision_flip: bands,
  label_flip: margins,
  error_class: errorMaps,
};

function numbers(evidence: Evidence, { group: { path }, judged }: OptionContext): RuleOption[] {
  if (!evidence.numbers) return [];
  const coerce = evidence.coerced ? { coerce: true } : {};
  const options: RuleOption[] = [];
  if (evidence.float32) options.push({ rules: [{ path, type: "number", atol: 0, rtol: 0, width: 32, ...coerce }] });
  const { scale, digits } = evidence;
  if (scale !== null && (digits <= scale || judged?.type === "decimal")) {
    options.push({ rules: [{ path, type: "decimal", scale, ...coerce }] });
  }
  // Whichever varies less from pair to pair is the nature of the difference, and the narrower rule.
  const isRelative = evidence.rtol.most / evidence.rtol.least < evidence.atol.most / evidence.atol.least;
  const [atol, rtol] = [roundUp(evidence.atol.most), roundUp(evidence.rtol.most)];
  const absolute: RuleOption = { rules: [{ path, type: "number", atol, rtol: 0, ...coerce }] };
  if (!Number.isFinite(rtol)) return [...options, absolute];
  const share = `it accepts differences up to ${Number((rtol * 100).toPrecision(2))} % of legacy's value`;
  const relative: RuleOption = {
    rules: [{ path, type: "number", atol: 0, rtol, ...coerce }],
    ...(rtol > 0.05 ? { note: share } : {}),
  };
  return [...options, ...(isRelative ? [relative, absolute] : [absolute, relative])];
}

function times({ times: all, microseconds }: Evidence, { group: { path } }: OptionContext): RuleOption[] {
  if (!all) return [];
  return [{ rules: [{ path, type: "time", tolerance: durationText(microseconds) }] }];
}

/** The shortest way to write at least so many microseconds. */
export function durationText(microseconds: bigint): string | 0 {
  if (microseconds === 0n) return 0;
  const units = [
    ["h", 3_600_000_000n],
    ["m", 60_000_000n],
    ["s", 1_000_000n],
    ["ms", 1_000n],
  ] as const;
  const [name, size] = units.find(([, size]) => microseconds % size === 0n) ?? ["us", 1n];
  return `${microseconds / size}${name}`;
}

function strings({ ways }: Evidence, { group: { path }, judged }: OptionContext): RuleOption[] {
  const before = judged?.type === "string" ? judged : undefined;
  const found = STRING_WAYS.find((way) => ways.some((one) => one.way === way));
  if (found === undefined) return [];
  const flags = (way: StringWay): object => Object.fromEntries(way.split(" ").map((flag) => [flag, true]));
  const replace = before && before.replace.length > 0 ? { replace: before.replace } : {};
  const kept = {
    ...(before?.nfc && { nfc: true }),
    ...(before?.trim && { trim: true }),
    ...(before?.case && { case: true }),
  };
  return [{ rules: [{ path, type: "string", ...kept, ...flags(found), ...replace }] }];
}

/** Where every answer lacks the field, that is declared; else either may have it. Its values are judged as before. */
function presence({ group: { path }, judged, everyPair }: OptionContext, only: "legacyOnly" | "newOnly"): RuleOption[] {
  const state = everyPair ? only : "optional";
  const values: WrittenRule[] = judged === undefined && !everyPair ? [{ path, type: "exact" }] : [];
  return [{ rules: [{ path, type: "presence", state }, ...values] }];
}

function bands({ band }: Evidence, { group: { path }, judged }: OptionContext): RuleOption[] {
  if (judged?.type !== "decision" || band === 0) return [];
  const { threshold, thresholds } = judged;
  const at = thresholds === undefined ? { threshold } : { thresholds };
  return [{ rules: [{ path, type: "decision", ...at, band: roundUp(band) } as WrittenRule] }];
}

function margins({ labelGap }: Evidence, { group: { path } }: OptionContext): RuleOption[] {
  if (!Number.isFinite(labelGap)) return [];
  return [{ rules: [{ path, type: "label", margin: roundUp(labelGap) }] }];
}

function errorMaps({ errors }: Evidence, { judged }: OptionContext): RuleOption[] {
  if (errors === null || errors.size === 0) return [];
  const before = judged?.type === "error" ? judged : undefined;
  const map = { ...before?.map, ...Object.fromEntries(errors) };
  return [{ rules: [{ type: "error", map, ...(before?.class === undefined ? {} : { class: before.class }) }] }];
}

function ignoring({ group: { path, fingerprint }, expires }: OptionContext): RuleOption {
  return {
    rules: [{ path, type: "ignore", reason: "say why", owner: "say who", expires }],
    hidesAll: true,
    note: `it hides everything at ${path}; a waiver of ${fingerprint} accepts this group alone, until a day`,
  };
}

/** Checked, with what was left unsaid. */
export function parseRule(written: WrittenRule): Rule {
  return ruleSchema.parse(written);
}
