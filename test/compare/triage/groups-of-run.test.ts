/** Groups as compare writes them to the summary, and as others find their members by them. */
import { beforeAll, describe, expect, test } from "vitest";
import { compareStage } from "../../../compare/run-compare.ts";
import { clopperPearson } from "../../../compare/statistics.ts";
import type { Group, Summary } from "../../../compare/summary.ts";
import { rulesHash } from "../../../src/config/models.ts";
import type { SelectionQuery } from "../../../src/lake/run.ts";
import { pinOutcome } from "../../../src/lake/select/outcome.ts";
import type { Store } from "../../../src/store/port.ts";
import { buildLake, equalPairs, type PairSpec, RUN, testSession } from "../pipeline-lake.ts";
import { randomOf } from "./sampled-pairs.ts";

const random = randomOf(7);
const answer = (score: number, text: string, note = "ok"): string => JSON.stringify({ note, score, text });
/** Scores a hundred times too large; texts that differ in ever other words; and three notes. */
const PAIRS: PairSpec[] = [
  ...equalPairs(400),
  ...Array.from({ length: 200 }, (): PairSpec => {
    const score = random() / 2;
    return { legacy: answer(score, "same"), candidate: answer(score * 100, "same") };
  }),
  ...Array.from({ length: 60 }, (_, at): PairSpec => {
    const word = `w${"abcdefgh"[at % 8]}${"ijklmnop"[at >> 3]}`;
    return { legacy: answer(0.5, `the ${word} is here`), candidate: answer(0.5, `no ${word}`) };
  }),
  ...Array.from({ length: 6 }, (_, at): PairSpec => {
    const note = ["late", "lost", "late"][at % 3] as string;
    return { legacy: answer(0.5, "same"), candidate: answer(0.5, "same", note) };
  }),
];
const gate = { maxMismatchRate: 0.5, confidence: 0.99 };
const models = { "*": { default: "exact", gate, rules: [{ path: "$.score", type: "decision", threshold: 0.5 }] } };

let store: Store;
let summary: Summary;
const session = () => testSession(store, { models } as never);
beforeAll(async () => {
  store = await buildLake({ objects: [PAIRS] });
  summary = await compareStage(session(), {});
});

const groupAt = (path: string, kind = "value"): Group =>
  summary.groups.find((group) => group.path === path && group.kind === kind) as Group;

describe("a group of the summary", () => {
  test("has its cause as a sentence and as data", () => {
    const flips = groupAt("$.score", "decision_flip");
    expect(flips).toMatchObject({
      cause: `candidate = legacy × 100 in ${flips.signature?.of} of ${flips.signature?.of} sampled pairs`,
      signature: { name: "constant_ratio", parameters: { ratio: 100 }, holds: flips.signature?.of },
    });
    expect(groupAt("$.note").cause).toBeNull();
  });

  test("has its rate with bounds at the model's confidence, and what it is of", () => {
    const group = groupAt("$.text");
    const n = PAIRS.length;
    expect(group).toMatchObject({ count: 60, rate: 60 / n, template: "*", direction: "none", magnitude: "none" });
    expect([group.lower, group.upper]).toEqual(Object.values(clopperPearson(60, n, 0.99)));
    expect(groupAt("$.note")).toMatchObject({ template: "ok→late", count: 4 });
  });

  test("shows what its exemplars were chosen for, and numbers for drawings", () => {
    const { examples, exemplars, points, count } = groupAt("$.score", "decision_flip");
    expect(exemplars).toEqual(examples.map(({ position }) => position));
    const chosen = new Map(examples.map((example) => [example.why, example]));
    expect([...chosen.keys()]).toEqual(["median", "worst", "threshold", undefined]);
    const deltas = examples.map(({ delta = 0 }) => delta);
    expect(chosen.get("worst")?.delta).toBe(Math.max(...deltas));
    const distance = ({ legacy }: { legacy: string | null }) => Math.abs(Number(legacy) - 0.5);
    const nearest = chosen.get("threshold");
    const others = examples.filter(({ why }) => why === undefined);
    for (const other of others) expect(distance(other)).toBeGreaterThanOrEqual(distance(nearest as never));
    expect(points).toHaveLength(Math.min(64, count));
    for (const [x, y] of points ?? []) expect(y / x).toBeCloseTo(100);
    expect(groupAt("$.text").points).toBeUndefined();
  });

  test("is found by its name in the diffs, also where it stands for many shapes of text", async () => {
    const selected = async (group: string): Promise<number> => {
      const only = { kind: "group" as const, from: RUN, group };
      const query = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null, only };
      const pinned = await pinOutcome(store, query as SelectionQuery, rulesHash(session().config));
      return Object.values(pinned.only?.positions ?? {}).flat().length;
    };
    expect(await selected(groupAt("$.text").fingerprint)).toBe(60);
    expect(await selected(groupAt("$.note").fingerprint)).toBe(4);
    for (const { fingerprint, count } of summary.groups) expect(await selected(fingerprint)).toBe(count);
  });

  test("is waived whole by its name, and one shape of it by its own", async () => {
    const kOf = async (fingerprint: string): Promise<number> => {
      const waiver = { fingerprint, reason: "known", owner: "us", expires: "2026-12-31" };
      const { outcomes } = await compareStage(
        { ...session(), config: { ...session().config, waiverList: [waiver] } },
        {},
      );
      return summary.outcomes.mismatch - outcomes.mismatch;
    };
    expect(await kOf(groupAt("$.text").fingerprint)).toBe(60);
    const late = groupAt("$.note").fingerprint;
    expect(await kOf(late)).toBe(4);
    expect(await kOf(late.replace(/\..*/, ""))).toBe(6);
  });
});
