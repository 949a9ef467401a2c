/** What pairs may come to, at random, and the summary that a tally of them gives. */
import fc from "fast-check";
import { countEqual, countPair } from "../../compare/accumulate/count.ts";
import type { RunTally } from "../../compare/accumulate/tally.ts";
import { createModelTable } from "../../compare/models.ts";
import { encodeSummary } from "../../compare/stored.ts";
import { summarise } from "../../compare/summarise.ts";
import { RowHook } from "../../compare/triage/slices/hook.ts";
import type { Finding, PairResult } from "../../compare/types.ts";
import { waivesOf } from "../../compare/waive.ts";
import type { Run } from "../../src/lake/run.ts";
import { testConfig } from "./pipeline-lake.ts";

export interface PairFact {
  readonly model: string;
  readonly version: string;
  readonly kind: "equal" | "null" | "error" | "mismatch" | "waived" | "ignored" | "timeout" | "uncovered" | "stray";
  readonly field: string;
  readonly ms: number;
  readonly cold: boolean;
}

export const facts = fc.array(
  fc.record({
    model: fc.constantFrom("a", "b"),
    version: fc.constantFrom("", "v1", "v2", "v3"),
    kind: fc.constantFrom("equal", "null", "error", "mismatch", "waived", "ignored", "timeout", "uncovered", "stray"),
    field: fc.constantFrom("$.a", "$.b", "$.c"),
    ms: fc.double({ min: 0, max: 1e4, noNaN: true }),
    cold: fc.boolean(),
  }) satisfies fc.Arbitrary<PairFact>,
  { maxLength: 60 },
);

export function add(tally: RunTally, at: number, { model, version, kind, field, ms, cold }: PairFact): void {
  if (kind === "stray") {
    tally.strays++;
    return;
  }
  const counts = tally.model(model);
  counts.selected++;
  let mismatch = false;
  if (kind === "equal" || kind === "null" || kind === "error") {
    const body = Buffer.from(kind === "equal" ? "1" : "null");
    countEqual(counts, kind === "error" ? 500 : 200, body, 0, body.length);
  } else {
    const rule = at % 2 === 0 ? "label" : "exact";
    const finding = { field, path: field, rule, kind: "value", gates: true, critical: at % 5 === 0 } as Finding;
    const findings = kind === "mismatch" || kind === "waived" ? [finding] : [];
    const key = {
      path: field,
      kind: "value",
      rule,
      direction: "up",
      magnitude: String(at % 9),
      template: "none",
    } as const;
    const waiver = kind === "waived" ? { fingerprint: "2:aaaaaaaaaaaa", expired: at % 3 === 0 } : null;
    const keyed = findings.map((one) => ({ finding: one, key, waiver }));
    const result: PairResult = {
      outcome: findings.length > 0 ? "mismatch" : kind === "ignored" ? "ignored" : "match",
      findings,
      ignored: kind === "ignored" ? [{ field, kind: "value" }] : [],
      notComparable: kind === "timeout" ? "timeout" : null,
      warnings: at % 7 === 0 ? ["bare_nan"] : [],
      uncovered: kind === "uncovered" ? [field] : [],
      used: [at % 3],
    };
    mismatch = countPair(counts, result, keyed);
    for (const one of keyed) {
      const rank = { hash: (at * 7919) % 1000, log: "t", partition: 0, offset: String(at) };
      const exemplar = {
        rank,
        id: `${at}`,
        path: field,
        legacy: "1",
        candidate: `${1 + at}`,
        delta: at,
        others: at % 3,
      };
      tally.groups.add(model, key, 1, [exemplar], one.waiver && !one.waiver.expired ? 1 : 0);
    }
    if (kind === "timeout") return;
  }
  const hook = new RowHook(tally.rows, { log: "t", partition: at % 2, first: 0n }, { a: 100, b: 100 });
  hook.model(model);
  hook.rowGroup(BigInt64Array.of(BigInt(at)), at);
  if (mismatch) hook.mismatch(0, [{ key: { path: field, kind: "value" }, fingerprint: "2:x" }]);
  else hook.match(0);
  counts.versions.add(version, mismatch);
  counts.legacyLatency.add(ms / 2);
  counts.addLatency(ms, cold);
}

export const LIMITS = { perModel: 6, perRun: 9, templates: 2, sample: 16, samples: 40 };
const config = testConfig({ models: { "*": { default: "exact", gate: { maxMismatchRate: 0.5 } } } });

export function bytesOf(tally: RunTally, all: readonly PairFact[]): string {
  const models: Record<string, number> = {};
  for (const { model } of all) models[model] = (models[model] ?? 0) + 1;
  const run = {
    run: "r1",
    models,
    planned: all.length,
    query: { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null },
    target: { name: "candidate", kind: "http", hash: "h" },
    objects: [] as Run["objects"],
  } as unknown as Run;
  const waiverList = [{ fingerprint: "2:aaaaaaaaaaaa", reason: "r", owner: "o", expires: "2027-01-01" }];
  const summary = summarise({
    run,
    skips: { version: 1, models: {} },
    rulesHash: "0".repeat(64),
    table: createModelTable(config, "2026-11-23"),
    waivers: waiverList,
    waives: waivesOf({ waiverList }, "2026-11-23"),
    sequence: undefined,
    price: { perRequest: 0.1, gbSecond: 0.01, memoryGb: 2 },
    tally,
    problems: [],
    unreadable: 0,
    inputs: { captures: "c", replays: "r" },
    version: "test",
  });
  return Buffer.from(encodeSummary(summary)).toString();
}
