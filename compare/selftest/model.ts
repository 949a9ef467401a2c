/** The self-test of one model: its answers against themselves, then with every fault, one field at a time. */
import type { ResolvedModel } from "../../src/config/models.ts";
import type { Gate } from "../../src/config/rules.ts";
import { groupKeyOf } from "../fingerprint.ts";
import { judgePair } from "../pair.ts";
import type { CompiledModel } from "../rules/compile.ts";
import type { Answer, PairResult } from "../types.ts";
import type { ModelFacts } from "../verdict/facts.ts";
import { judgeModel } from "../verdict.ts";
import { type KeyedFinding, type Waives, waiverOf, waivesPair } from "../waive.ts";
import { acceptingRules } from "./accept.ts";
import { documentOf, placesOf } from "./documents.ts";
import { type AnswerFault, FAULTS, type Fault, type Mutation, mutations } from "./faults.ts";
import type { SampleRow } from "./sample.ts";

/** `none`: no answer of the model is changed by the fault. */
export type FaultOutcome = "caught" | "tolerated" | "missed" | "none";

export interface FaultResult {
  readonly outcome: FaultOutcome;
  /** Answers that the fault changes, and those of them that were found. */
  readonly changed: number;
  readonly found: number;
  /** Fields in which a change went by, with the rules that accept it. */
  readonly tolerated: Readonly<Record<string, readonly string[]>>;
  /** What went by and may not, in words. */
  readonly missed: readonly string[];
}

export interface ModelSelfTest {
  /** Legacy answers tried. */
  readonly rows: number;
  /** Of them that do not match themselves: must be none. */
  readonly identity: readonly string[];
  readonly faults: Readonly<Record<Fault, FaultResult>>;
  readonly ok: boolean;
}

export interface ModelUnderTest {
  readonly resolved: ResolvedModel;
  readonly compiled: CompiledModel;
  readonly gatedModels: number;
  readonly waives: Waives;
  /** UTC day. */
  readonly today: string;
}

const MISSED_KEPT = 10;

export function testModel(model: ModelUnderTest, rows: readonly SampleRow[]): ModelSelfTest {
  const identity = rows.filter((row) => !matchesItself(model, row)).map(({ position }) => position);
  const pool = poolOf(rows);
  const results = FAULTS.map((fault) => {
    const result = fault === "timeouts" ? testTimeouts(model, rows) : testAnswers(model, fault, rows, pool);
    return [fault, result] as const;
  });
  const outcomes = results.map(([, { outcome }]) => outcome);
  const decides = model.resolved.gate !== null;
  return {
    rows: rows.length,
    identity: identity.slice(0, MISSED_KEPT),
    faults: Object.fromEntries(results) as Record<Fault, FaultResult>,
    ok: identity.length === 0 && !outcomes.includes("missed") && (!decides || caughtAnswers(results)),
  };
}

/** Time-outs are caught by the error rate alone: that says nothing about the rules. */
function caughtAnswers(results: readonly (readonly [Fault, FaultResult])[]): boolean {
  return results.some(([fault, { outcome }]) => fault !== "timeouts" && outcome === "caught");
}

/** By the same bytes, and by bytes that read the same, so that every rule is asked. */
function matchesItself({ compiled }: ModelUnderTest, { type, body }: SampleRow): boolean {
  const { isJson } = documentOf(type, body);
  const again = isJson ? [body, Buffer.concat([Buffer.from(" "), body])] : [body];
  return again.every((other) => {
    const { outcome, findings, ignored } = judge(compiled, answer(type, body), answer(type, other));
    return outcome === "match" && findings.length === 0 && ignored.length === 0;
  });
}

function testAnswers(
  model: ModelUnderTest,
  fault: AnswerFault,
  rows: readonly SampleRow[],
  pool: ReadonlyMap<string, readonly string[]>,
): FaultResult {
  const accepting = acceptingRules(model.resolved, model.today);
  const tolerated = new Map<string, Set<string>>();
  const missed = new Set<string>();
  let changed = 0;
  let found = 0;
  for (const { type, body, position } of rows) {
    const all = mutations(fault, type, body, pool, `${fault} ${position}`);
    if (all.length === 0) continue;
    changed++;
    const seen = all.map((mutation) => {
      const result = judge(model.compiled, answer(type, body), answer(type, mutation.body));
      const waivers = waiversOf(model, result);
      if (isFound(result) && waivers === null) return true;
      const rules = waivers ?? accepting(documentOf(type, body).document, documentOf(type, mutation.body).document);
      note(mutation, rules === null || rules.size === 0 ? null : rules, position, tolerated, missed);
      return false;
    });
    if (seen.includes(true)) found++;
  }
  const green = greenAbove(model, changed === 0 ? 0 : found / changed);
  if (green !== null) missed.add(green);
  return {
    outcome: missed.size > 0 ? "missed" : found > 0 ? "caught" : changed > 0 ? "tolerated" : "none",
    changed,
    found,
    tolerated: Object.fromEntries([...tolerated].sort().map(([field, names]) => [field, [...names].sort()])),
    missed: [...missed].slice(0, MISSED_KEPT),
  };
}

function note(
  { field }: Mutation,
  rules: ReadonlySet<string> | null,
  position: string,
  tolerated: Map<string, Set<string>>,
  missed: Set<string>,
): void {
  if (rules === null) {
    missed.add(`${field} of ${position}: beyond every rule that judges it, and no finding`);
    return;
  }
  const names = tolerated.get(field) ?? new Set();
  for (const name of rules) names.add(name);
  tolerated.set(field, names);
}

/** A path without a rule makes the verdict an error, so such a change does not go by. */
function isFound({ outcome, uncovered }: PairResult): boolean {
  return outcome === "mismatch" || outcome === "notComparable" || uncovered.length > 0;
}

/** The waivers that accept a mismatch; null when they do not. */
function waiversOf({ resolved, waives }: ModelUnderTest, result: PairResult): ReadonlySet<string> | null {
  const keyed = result.findings.map((finding): KeyedFinding => {
    const key = groupKeyOf(finding);
    return { finding, key, waiver: waiverOf(waives, resolved.model, key) };
  });
  if (!waivesPair(result, keyed)) return null;
  return new Set(keyed.flatMap(({ waiver }) => (waiver === null ? [] : [`waiver ${waiver.fingerprint}`])));
}

const TIMED_OUT_SHARE = 0.1;

function testTimeouts(
  { compiled, resolved: { gate }, gatedModels }: ModelUnderTest,
  rows: readonly SampleRow[],
): FaultResult {
  const lost = rows.filter(({ type, body }) => {
    const result = judgePair(compiled, answer(type, body), { outcome: "timeout", answer: null });
    return result.notComparable === "timeout";
  });
  const base = { changed: rows.length, tolerated: {}, missed: [] };
  if (lost.length < rows.length) {
    return { ...base, outcome: "missed", found: lost.length, missed: ["an answer that timed out was compared"] };
  }
  if (gate === null || rows.length === 0) return { ...base, outcome: "none", found: 0 };
  const green = judgeModel(factsOf(gate, gatedModels, 0, TIMED_OUT_SHARE)).verdict === "pass";
  if (!green) return { ...base, outcome: "caught", found: rows.length };
  if (gate.maxErrorRate < TIMED_OUT_SHARE) {
    return { ...base, outcome: "missed", found: 0, missed: ["one error in ten passes under maxErrorRate"] };
  }
  return { ...base, outcome: "tolerated", found: 0, tolerated: { $: [`gate.maxErrorRate ${gate.maxErrorRate}`] } };
}

/** Findings above the limit must not end green, at any number of pairs: asked at so many that no bound is in doubt. */
function greenAbove({ resolved: { gate }, gatedModels }: ModelUnderTest, rate: number): string | null {
  if (gate === null || gate.evidence !== "bound" || rate <= gate.maxMismatchRate) return null;
  const { verdict } = judgeModel(factsOf(gate, gatedModels, rate, 0));
  return verdict === "pass" ? `a mismatch rate of ${rate} passes under maxMismatchRate ${gate.maxMismatchRate}` : null;
}

const MANY_PAIRS = 1e7;

function factsOf(gate: Gate, gatedModels: number, rate: number, errors: number): ModelFacts {
  const notComparable = Math.round(MANY_PAIRS * errors);
  const compared = MANY_PAIRS - notComparable;
  const quick = { count: MANY_PAIRS, p50: 1, p95: 1, p99: 1 };
  return {
    gate,
    gatedModels,
    looks: "fixed",
    k: Math.round(compared * rate),
    critical: 0,
    coverage: {
      captured: MANY_PAIRS,
      scope: MANY_PAIRS,
      compared,
      unpaired: 0,
      notComparable,
      skipped: 0,
      skippedBy: {},
    },
    unparseable: 0,
    empty: {},
    uncovered: [],
    expired: [],
    expiredWaivers: [],
    narrowed: null,
    sampled: false,
    latency: { legacy: quick, candidate: quick },
    costPer1000: 0,
  };
}

function judge(compiled: CompiledModel, legacy: Answer, candidate: Answer): PairResult {
  return judgePair(compiled, legacy, { outcome: "ok", answer: candidate });
}

function answer(type: string, body: Uint8Array): Answer {
  return { status: 200, type, body };
}

const POOLED = 20;

/** Texts at each field over all rows: what labels are swapped for. */
function poolOf(rows: readonly SampleRow[]): Map<string, string[]> {
  const pool = new Map<string, string[]>();
  for (const { type, body } of rows) {
    for (const { field, node } of placesOf(documentOf(type, body).document.root)) {
      if (node.kind !== "string") continue;
      const texts = pool.get(field) ?? [];
      if (texts.length < POOLED && !texts.includes(node.value)) texts.push(node.value);
      pool.set(field, texts);
    }
  }
  return pool;
}
