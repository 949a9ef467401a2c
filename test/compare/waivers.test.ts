import { describe, expect, test } from "vitest";
import { gateStage } from "../../compare/gate.ts";
import { groupNames } from "../../compare/group-key.ts";
import { compareStage } from "../../compare/run-compare.ts";
import type { Summary } from "../../compare/summary.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Waiver } from "../../src/config/waivers.ts";
import { openObject } from "../../src/parquet/read.ts";
import { DIFFS } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, DAY, equalPairs, type PairSpec, RUN, testSession } from "./pipeline-lake.ts";

const gate = { maxMismatchRate: 0.1 };
const score = (value: number, label = "ok"): string => JSON.stringify({ label, score: value });
/** 12 pairs off by a little, 3 of which differ in the label, too. */
const pairs: PairSpec[] = [
  ...equalPairs(85),
  ...Array.from({ length: 12 }, (_, at) => ({ legacy: score(1), candidate: score(1.02, at < 3 ? "bad" : "ok") })),
];

function sessionWith(store: Store, waivers: readonly Waiver[], now = DAY, rules: object[] = []) {
  const session = testSession(store, { models: { "*": { default: "exact", gate, rules } } } as never, now);
  const config: Config = { ...session.config, waiverList: waivers };
  return { ...session, config };
}

const waiver = (fingerprint: string, expires = "2026-12-31"): Waiver => ({
  fingerprint,
  reason: "known",
  owner: "us",
  expires,
});
const groupAt = ({ groups }: Summary, path: string) => groups.find((group) => group.path === path)?.fingerprint ?? "";

async function world(waived: readonly string[], options: { expires?: string; now?: number; rules?: object[] } = {}) {
  const store = await buildLake({ objects: [pairs] });
  const { expires, now, rules } = options;
  const plain = await compareStage(sessionWith(store, [], now, rules), {});
  const waivers = waived.map((path) => waiver(path.startsWith("2:") ? path : groupAt(plain, path), expires));
  const session = sessionWith(store, waivers, now, rules);
  const summary = await compareStage(session, {});
  return { store, plain, summary, session, waivers };
}

describe("a waiver", () => {
  test("takes the pairs in which it accepts all differences out of the mismatches, and shows them", async () => {
    const { plain, summary } = await world(["$.score"]);
    expect([plain.models.m?.k, plain.verdict]).toEqual([12, "inconclusive"]);
    expect([summary.models.m?.k, summary.verdict]).toEqual([3, "pass"]);
    expect(summary.outcomes).toEqual({ match: 85, mismatch: 3, ignored: 9 });
    expect(summary.models.m?.waived).toBe(9);
    expect(summary.models.m?.fields["$.score"]?.default).toMatchObject({ k: 0, waived: 12, n: 97 });
    expect(summary.models.m?.fields["$.label"]?.default).toMatchObject({ k: 3 });
    expect(summary.groups.find(({ path }) => path === "$.score")).toMatchObject({ count: 12, waived: 12, share: 0 });
    expect(summary.waivers).toMatchObject([{ pairs: 12, owner: "us", reason: "known", expires: "2026-12-31" }]);
    expect(summary.problems).toBeUndefined();
  });

  test("is marked on the finding in diffs", async () => {
    const { store, summary } = await world(["$.score"]);
    const reader = await openObject(
      store,
      `compares/${RUN}/${summary.rules}/diffs/t@01234567~0~00000000000000001000.parquet`,
      DIFFS,
    );
    const { path = [], waived = [] } = await reader.read(0, ["path", "waived"]);
    expect(path.map((each, i) => [each, waived[i]]).filter(([, yes]) => yes)).toHaveLength(12);
    expect(path.every((each, i) => (each === "$.score") === waived[i])).toBe(true);
  });

  test("names a group at any level of coarseness", async () => {
    const { plain } = await world([]);
    const group = plain.groups.find(({ path }) => path === "$.score");
    for (const name of groupNames("m", group as never).slice(1)) {
      const { summary } = await world([name]);
      expect(summary.models.m?.k).toBeLessThan(12);
    }
  });

  test("takes the weight of a critical rule off, and only where it accepts", async () => {
    const rules = [{ path: "$.score", type: "exact", critical: true }];
    const { plain, summary } = await world(["$.score"], { rules });
    expect([plain.models.m?.critical, plain.verdict]).toEqual([12, "fail"]);
    expect([summary.models.m?.critical, summary.verdict]).toEqual([undefined, "pass"]);
  });

  test("that names nothing is shown as used by no pair", async () => {
    const { summary } = await world(["2:000000000000"]);
    expect(summary.waivers).toMatchObject([{ pairs: 0 }]);
    expect(summary.models.m?.k).toBe(12);
  });

  test("applies on its last day; after it the gate refuses the comparison, and a new one is an error", async () => {
    const { store, session, waivers } = await world(["$.score"], { expires: "2026-11-23" });
    expect((await gateStage(session, {})).exitCode).toBe(0);
    const tomorrow = sessionWith(store, waivers, DAY + 86_400_000);
    await expect(gateStage(tomorrow, {})).rejects.toMatchObject({ code: "COMPARE_MISSING", exitCode: 5 });
    await expect(gateStage(tomorrow, {})).rejects.toThrow(/a waiver expired since/);
    const summary = await compareStage(tomorrow, {});
    expect([summary.verdict, summary.exitCode, summary.models.m?.k]).toEqual(["error", 5, 12]);
    expect(summary.reasons.join()).toMatch(/waiver of 2:[0-9a-f]{12} has expired/);
    expect(summary.waivers).toMatchObject([{ expired: true, pairs: 12 }]);
    expect(summary.ready).toEqual([]);
  });

  test("that has expired and names nothing any more is an error of the run, not of its models", async () => {
    const { summary } = await world(["$.score", "2:000000000000"]);
    expect(summary.verdict).toBe("pass");
    const store = await buildLake({ objects: [equalPairs(60)] });
    const after = await compareStage(sessionWith(store, [waiver("2:000000000000", "2026-11-22")]), {});
    expect([after.verdict, after.exitCode, after.ready]).toEqual(["error", 5, ["m"]]);
  });

  test("added or taken away since makes the gate say what to run", async () => {
    const { store, waivers } = await world(["$.score"]);
    const other = sessionWith(store, [...waivers, waiver("2:ffffffffffff")]);
    await expect(gateStage(other, {})).rejects.toMatchObject({
      code: "COMPARE_MISSING",
      exitCode: 5,
      message: expect.stringMatching(/other rules or waivers/),
      details: { hint: `cutover compare --run ${RUN}` },
    });
  });
});
