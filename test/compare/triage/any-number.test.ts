/** What triage says is a pure function of the pairs: who judged which of them, and in what order, is not in it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RunTally } from "../../../compare/accumulate/tally.ts";
import { listInputs } from "../../../compare/inputs.ts";
import { createModelTable, utcDay } from "../../../compare/models.ts";
import { decodeTally, encodeTally } from "../../../compare/parts/encoding.ts";
import { contextOf, type JudgeOrder, judgeShare } from "../../../compare/parts/share.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import { encodeSummary } from "../../../compare/stored.ts";
import { summarise } from "../../../compare/summarise.ts";
import type { Summary } from "../../../compare/summary.ts";
import { maskOfModels } from "../../../compare/triage/inputs/looks.ts";
import { triage } from "../../../compare/triage/stage.ts";
import { waivesOf } from "../../../compare/waive.ts";
import { rulesHash } from "../../../src/config/models.ts";
import { readRun, readSkips } from "../../../src/lake/run.ts";
import { LIMITS } from "../../../src/limits.ts";
import { openStore } from "../../../src/store/open.ts";
import { testFolders } from "../../support/folders.ts";
import { buildLake, comparedObjects, DAY, RUN, type TestSession, testSession } from "../pipeline-lake.ts";
import { randomPairs } from "./random-lake.ts";

const MODELS = { "*": { rules: [], default: "exact", gate: {} } } as const;
const folder = testFolders("any-number");

/** Judged by so many processes, each with the units and in the order that the numbers say, and merged in such an order. */
async function spread(session: TestSession, processes: number, numbers: readonly number[]): Promise<Summary> {
  const { store, config, signal, version, log } = session;
  const run = await readRun(store, RUN);
  const hash = rulesHash(config);
  const today = utcDay(DAY);
  const table = createModelTable(config, today);
  const tools = { store, table, waives: waivesOf(config, today), signal };
  const inputs = await listInputs(store, run, signal);
  const rules = hash.slice(0, 12);
  const bufferBytes = Math.floor(LIMITS.compareBufferBytes / processes);
  const order: JudgeOrder = { run, rules, today, sequence: undefined, writes: true, bufferBytes };
  const number = (at: number): number => numbers[at % numbers.length] as number;
  const parts: Uint8Array[] = [];
  for (let process = 0; process < processes; process++) {
    const own = [...inputs.units.keys()]
      .filter((at) => number(at) % processes === process)
      .sort((a, b) => number(a + process) - number(b + process));
    const share = await judgeShare(
      contextOf(order, tools),
      inputs.units,
      () => own.shift(),
      () => {},
    );
    parts.push(encodeTally(share.tally));
  }
  const tally = new RunTally();
  const merging = [...parts.keys()].sort((a, b) => number(a) - number(b));
  for (const at of merging) tally.merge(decodeTally(parts[at] as Uint8Array, "here"));
  const plain = summarise({
    run,
    skips: await readSkips(store, RUN),
    rulesHash: hash,
    table,
    waivers: config.waiverList,
    waives: tools.waives,
    sequence: undefined,
    price: undefined,
    tally,
    problems: inputs.problems,
    unreadable: 0,
    inputs: inputs.digest,
    version,
  });
  return triage({ store, run, maskOf: maskOfModels(table), log, signal }, tally.rows, plain);
}

test("groups, slices and explanations of one process are those of many, in whatever order they judge and merge", async () => {
  const found = { groups: 0, causes: 0, slices: 0, explanations: 0 };
  const runs = 8;
  const numbers = fc.array(fc.nat(1_000), { minLength: 3, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), numbers, async (seed, processes, order) => {
      const store = await buildLake({ objects: randomPairs(seed), buckets: 2, commitRows: 100 });
      const session = testSession(store, { models: MODELS } as never);
      const summary = await compareStage(session, {});
      const text = Buffer.from(encodeSummary(summary)).toString();
      const diffs = await comparedObjects(store);
      expect(Buffer.from(encodeSummary(await spread(session, processes, order))).toString()).toBe(text);
      expect(await comparedObjects(store)).toEqual(diffs);
      found.groups += summary.groups.length;
      found.causes += summary.groups.filter(({ cause }) => cause !== null).length;
      found.slices += summary.groups.filter(({ slice }) => slice !== null).length;
      found.explanations += summary.explanations?.length ?? 0;
    }),
    { numRuns: runs },
  );
  // Else it would be about nothing.
  for (const [what, count] of Object.entries(found)) expect(count, what).toBeGreaterThan(runs);
}, 180_000);

test("and those of one thread are those of several, with the report and all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 4 }), async (seed, threads) => {
      const store = await openStore(await folder(), {});
      await buildLake({ objects: randomPairs(seed), buckets: 2, commitRows: 100 }, store);
      const session = testSession(store, { models: MODELS } as never);
      await compareStage(session, {});
      const one = await comparedObjects(store);
      await store.delete([...one.keys()]);
      await compareStage(session, { threads });
      expect(await comparedObjects(store)).toEqual(one);
      await store.close();
    }),
    { numRuns: 2 },
  );
}, 180_000);
