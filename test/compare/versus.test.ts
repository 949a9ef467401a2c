import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addCompareCommands } from "../../compare/command.ts";
import { compareStage } from "../../compare/run-compare.ts";
import { versusStage } from "../../compare/versus/stage.ts";
import { type Trait, VersusTally } from "../../compare/versus/versus.ts";
import { readRun } from "../../src/lake/run.ts";
import type { Runner } from "../../src/session.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, equalPairs, type PairSpec, testSession } from "./pipeline-lake.ts";

const score = (value: number): string => JSON.stringify({ score: value });
const [EQUAL, OFF, FAR] = [score(1), score(1.02), score(70)];

/** Records of both runs: what legacy said is the same. */
function pairs(candidates: readonly (string | null)[]): PairSpec[] {
  return candidates.map((candidate) =>
    candidate === null ? { legacy: EQUAL, outcome: "timeout" } : { legacy: EQUAL, candidate },
  );
}

async function world(before: readonly (string | null)[], now: readonly (string | null)[]) {
  const store = await buildLake({ objects: [pairs(before), equalPairs(3)], run: "before", createdAt: 1 });
  await buildLake({ objects: [pairs(now), equalPairs(3)], run: "now", createdAt: 2 }, store);
  const session = testSession(store, {});
  const { rules } = await compareStage(session, { run: "before" });
  await compareStage(session, { run: "now" });
  const versus = await versusStage(session, rules, await readRun(store, "now"), await readRun(store, "before"));
  return { store, versus };
}

describe("one run against another", () => {
  test("puts every record that differs in either in one place", async () => {
    const { versus } = await world([OFF, OFF, EQUAL, OFF, null, EQUAL], [EQUAL, OFF, OFF, null, OFF, EQUAL]);
    expect(versus.pairs).toEqual({ fixed: 1, still: 1, new: 1, unknown: 2 });
    expect(versus).toMatchObject({ run: "now", against: "before" });
  });

  test.each<[string, string[], string[], string]>([
    ["fixed", [OFF, OFF], [EQUAL, EQUAL], "fixed"],
    ["new", [EQUAL, EQUAL], [OFF, EQUAL], "new"],
    ["still there, though in fewer records", [OFF, OFF], [OFF, EQUAL], "still"],
    ["flaky, when it leaves one record and comes to another", [OFF, EQUAL], [EQUAL, OFF], "flaky"],
  ])("says that a difference is %s", async (_name, before, now, status) => {
    const { versus } = await world(before, now);
    expect(versus.groups.map((group) => [group.path, group.status])).toEqual([["$.score", status]]);
  });

  test("tells differences apart by their fingerprint: one fixed, another in its place", async () => {
    const { versus } = await world([OFF], [FAR]);
    expect(versus.pairs).toEqual({ fixed: 0, still: 1, new: 0, unknown: 0 });
    expect(versus.groups.map(({ status }) => status)).toEqual(["new", "fixed"]);
  });

  test("asks for the same records", async () => {
    const store = await buildLake({ objects: [pairs([OFF])], run: "before" });
    await buildLake({ objects: [pairs([OFF, OFF])], run: "now" }, store);
    const [now, before] = [await readRun(store, "now"), await readRun(store, "before")];
    for (const other of [before, now]) {
      const attempt = versusStage(testSession(store), "x", now, other);
      await expect(attempt).rejects.toMatchObject({
        code: "USAGE",
        details: { hint: expect.stringMatching(/--same-as/) },
      });
    }
  });
});

test("the changes add up to the records that differ, and mirror each other when the runs change places", () => {
  const traits = fc.uniqueArray(fc.constantFrom("2:a", "2:b", "2:c"));
  const record = fc.record({ before: traits, now: traits, answeredBefore: fc.boolean(), answeredNow: fc.boolean() });
  const named = (names: string[]) => new Map(names.map((name) => [name, { fingerprint: name } as Trait]));
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const [forth, back] = [new VersusTally(9), new VersusTally(9)];
      // An answer that differs is an answer.
      const differing = records.filter(({ before, now }) => before.length + now.length > 0);
      for (const { before, now, ...one } of differing) {
        const answeredBefore = one.answeredBefore || before.length > 0;
        const answeredNow = one.answeredNow || now.length > 0;
        forth.add({ before: named(before), now: named(now), answeredBefore, answeredNow });
        back.add({ before: named(now), now: named(before), answeredBefore: answeredNow, answeredNow: answeredBefore });
      }
      const { pairs, groups } = forth.result();
      expect(pairs.fixed + pairs.still + pairs.new + pairs.unknown).toBe(differing.length);
      const mirrored = back.result();
      expect(mirrored.pairs).toEqual({ ...pairs, fixed: pairs.new, new: pairs.fixed });
      for (const group of groups) {
        const other = mirrored.groups.find(({ fingerprint }) => fingerprint === group.fingerprint);
        expect(other).toMatchObject({ fixed: group.new, new: group.fixed, still: group.still });
      }
    }),
  );
});

test("groups beyond the bound are counted, and their records are in the sums", () => {
  const tally = new VersusTally(1);
  for (const name of ["2:a", "2:b", "2:b", "2:c"]) {
    const now = new Map([[name, { fingerprint: name } as Trait]]);
    tally.add({ before: new Map(), now, answeredBefore: true, answeredNow: true });
  }
  expect(tally.result()).toMatchObject({ pairs: { new: 4 }, groups: [{ fingerprint: "2:a" }], groupsCut: 1 });
});

/** Runs one command line of the stage. */
async function cutover(store: Store, argv: readonly string[], json = false) {
  const base = testSession(store);
  const session = { ...base, flags: { ...base.flags, json } };
  let code = -1;
  const run: Runner = (action) => async (options) => {
    code = await action(session, options);
  };
  const program = new Command().exitOverride();
  addCompareCommands(program, run);
  await program.parseAsync([...argv], { from: "user" });
  return { code, out: session.out.join("") };
}

describe("the command", () => {
  test("compare --against prints what changed, comparing the other run first when nobody has", async () => {
    const store = await buildLake({ objects: [pairs([OFF, EQUAL])], run: "before", createdAt: 1 });
    await buildLake({ objects: [pairs([EQUAL, OFF])], run: "now", createdAt: 2 }, store);
    const { code, out } = await cutover(store, ["compare", "--against", "before"]);
    expect(code).toBe(0);
    expect(out).toMatch(/against before: 1 fixed · 0 still · 1 new · 1 difference that comes and goes\n[\s\S]*flaky/);
    expect(out).toContain("cutover report --run now --against before --open");
    const json = JSON.parse((await cutover(store, ["compare", "--against", "before"], true)).out);
    expect(json).toMatchObject({ run: "now", versus: { against: "before", pairs: { fixed: 1, new: 1 } } });
  });

  test("compare --noise shows beside each field how often legacy differs from itself, and subtracts nothing", async () => {
    const store = await buildLake({ objects: [pairs([OFF, EQUAL, EQUAL, EQUAL])], run: "legacy", createdAt: 1 });
    await buildLake({ objects: [pairs([OFF, OFF, EQUAL, EQUAL])], run: "now", createdAt: 2 }, store);
    const plain = JSON.parse((await cutover(store, ["compare"], true)).out);
    const { out } = await cutover(store, ["compare", "--noise", "legacy"], true);
    const summary = JSON.parse(out);
    expect(summary.models.m.fields["$.score"].default).toMatchObject({ n: 4, k: 2, noise: { n: 4, k: 1 } });
    expect(summary.noise).toEqual({ run: "legacy", verdict: "fail" });
    expect([summary.models.m.k, summary.verdict]).toEqual([plain.models.m.k, plain.verdict]);
    const text = (await cutover(store, ["compare", "--noise", "legacy"])).out;
    expect(text).toMatch(/m \$\.score default: candidate 50 %, legacy against itself 25 %/);
    expect((await cutover(store, ["gate"])).code).toBe(1);
  });
});
