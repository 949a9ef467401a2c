/** The variant that answered: read for the rows that triage looks at, and named where it is the cause. */
import { describe, expect, test, vi } from "vitest";
import { compareStage } from "../../../compare/run-compare.ts";
import type { Summary } from "../../../compare/summary.ts";
import { variantsOf } from "../../../compare/triage/inputs/variants.ts";
import { commitKey, type RangeId } from "../../../src/lake/keys.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { REPLAYS } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { testFolders } from "../../support/folders.ts";
import { testSession } from "../pipeline-lake.ts";
import { PLANTED_RUN, type Planted, plantedLake, populationOf } from "./planted-lake.ts";
import { dice } from "./planted-records.ts";

vi.setConfig({ testTimeout: 120_000 });
const folder = testFolders("variants");
const config = { models: { "*": { default: "exact", gate: { maxMismatchRate: 0.5 } } } } as const;

/** A score by chance, of six decimals: two of them have nothing to do with each other. */
const scored = (random: () => number): string => JSON.stringify({ score: Math.round(random() * 1e6) / 1e6 });

const RECORDS = 6_000;
const records = Array.from({ length: RECORDS }, (_, i): Planted => {
  const random = dice(i);
  const input = { text: `request ${Math.floor(random() * 1e6)}`, lang: random() < 0.5 ? "en" : "fr", n: i % 97 };
  return { model: i % 3 === 0 ? "a" : "b", input, legacy: scored(random) };
});
const population = populationOf(records, 3);
const draw = dice(4711);
const VARIANTS = records.map(() => (draw() < 0.3 ? "B" : "A"));
/** One in ten of what variant B answered. */
const CANDIDATES = records.map(({ legacy }, i) => (VARIANTS[i] === "B" && draw() < 0.1 ? scored(draw) : legacy));
const differing = CANDIDATES.filter((candidate, i) => candidate !== records[i]?.legacy).length;

const judge = (store: Store, more: object = {}): Promise<Summary> =>
  compareStage(testSession(store, config), { run: PLANTED_RUN, ...more });

/** How often commits are read of a store that is compared. */
async function readsOf(store: Store): Promise<number> {
  let reads = 0;
  const get: Store["get"] = (key, ...rest) => {
    if (key.startsWith("replays/")) reads++;
    return store.get(key, ...rest);
  };
  await judge({ ...store, get });
  return reads;
}

test("every mismatch was answered by one variant: that is what is said first", async () => {
  const summary = await judge(await plantedLake(population, CANDIDATES, VARIANTS));
  const [first] = summary.explanations ?? [];
  expect(first?.text).toMatch(
    /^the same in 2 models; in b all \d+ mismatches have been answered by variant "B": lift 3\.\d×$/,
  );
  expect(first?.count).toBe(differing);
  const { terms } = summary.groups.find(({ sliced }) => sliced !== undefined)?.sliced ?? {};
  expect(terms).toEqual([{ feature: "variant", value: '"B"' }]);
});

test("a variant that answered as the others did is not named", async () => {
  const noise = dice(13);
  const candidates = records.map(({ legacy }) => (noise() < 0.04 ? scored(noise) : legacy));
  const summary = await judge(await plantedLake(population, candidates, VARIANTS));
  expect(summary.models.b?.k).toBeGreaterThan(100);
  expect(summary.explanations ?? []).toEqual([]);
});

test("one variant for all says nothing, and nothing else changes for it", async () => {
  const of = async (variants?: readonly (string | null)[]): Promise<Summary> =>
    judge(await plantedLake(population, CANDIDATES, variants));
  const { inputs: _, ...one } = await of(records.map(() => "AllTraffic"));
  const { inputs: __, ...none } = await of();
  expect(one).toEqual(none);
});

test("commits of a target that tells no variant are read once: by the judge", async () => {
  const plain = await readsOf(await plantedLake(population, CANDIDATES));
  const told = await readsOf(await plantedLake(population, CANDIDATES, VARIANTS));
  expect(plain).toBeGreaterThan(0);
  expect(told).toBeGreaterThan(plain);
});

test("two threads tell the same as one", async () => {
  const store = await plantedLake(
    population,
    CANDIDATES,
    VARIANTS,
    await openStore(await folder(), { forcePathStyle: true }),
  );
  const alone = await judge(store);
  expect(alone.explanations?.[0]?.text).toContain('answered by variant "B"');
  expect(await judge(store, { threads: 2 })).toEqual(alone);
});

describe("variants of rows", () => {
  const range: RangeId = { log: "t@01234567", partition: 0, first: 0n };

  async function committed(...commits: (readonly (readonly [offset: bigint, variant: string | null])[])[]) {
    const store = memoryStore();
    const infos = [];
    for (const [n, rows] of commits.entries()) {
      const row = ([offset, variant]: readonly [bigint, string | null]): Record<string, unknown> => ({
        id: "i",
        model: "m",
        target: "t",
        outcome: "ok",
        status: 200,
        output: new Uint8Array([49]),
        outputType: "application/json",
        latencyMs: 1,
        attempts: 1,
        throttles: 0,
        replayedAt: 1,
        ...range,
        offset,
        variant,
      });
      const all = rows.map(row);
      const writer = createObjectWriter(REPLAYS);
      writer.rowGroup(
        Object.fromEntries(REPLAYS.columns.map(({ name }) => [name, all.map((one) => one[name] ?? null)])),
      );
      infos.push(await store.put(commitKey("r", range, 0, n), writer.finish({})));
    }
    return { store, infos };
  }
  const { signal } = new AbortController();
  const offsets = new Map([
    [0, 10n],
    [3, 13n],
    [4, 14n],
  ]);

  test("are those of the answer that is judged: the first stored one", async () => {
    const { store, infos: commits } = await committed(
      [
        [10n, "A"],
        [11n, "X"],
        [13n, null],
      ],
      [
        [13n, "late"],
        [10n, "late"],
        [14n, "B"],
      ],
    );
    expect(await variantsOf(store, { commits, offsets }, signal)).toEqual(
      new Map([
        [0, "A"],
        [4, "B"],
      ]),
    );
  });

  test("of a commit that is gone or damaged are not known; the others are", async () => {
    const { store, infos: commits } = await committed([[10n, "A"]], [[13n, "B"]], [[14n, "C"]]);
    await store.delete([commits[0]?.key ?? ""]);
    await store.put(commits[1]?.key ?? "", new Uint8Array(64));
    const damaged = { ...commits[1], size: 64, etag: (await store.head(commits[1]?.key ?? ""))?.etag ?? "" };
    const found = await variantsOf(store, { commits: [commits[0], damaged, commits[2]] as never, offsets }, signal);
    expect(found).toEqual(new Map([[4, "C"]]));
  });

  test("are not asked for where nothing is looked at, or where no target tells them", async () => {
    const { store, infos: commits } = await committed([[10n, "A"]]);
    const refuses = new Proxy(store, {
      get: () => () => {
        throw new Error("the store was asked");
      },
    });
    expect(await variantsOf(refuses, { commits, offsets: new Map() }, signal)).toEqual(new Map());
    expect(await variantsOf(refuses, undefined, signal)).toEqual(new Map());
  });
});
