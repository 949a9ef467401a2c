import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunTally } from "../../../compare/accumulate/tally.ts";
import { listInputs } from "../../../compare/inputs.ts";
import { utcDay } from "../../../compare/models.ts";
import { type Asked, askedFor, partKeyOf, putAsked, unitDigests } from "../../../compare/parts/asked.ts";
import { encodeTally } from "../../../compare/parts/encoding.ts";
import { type Part, publishDiffs, putPart, readPart } from "../../../compare/parts/part.ts";
import { openUnitComparer } from "../../../compare/parts/work.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { rulesHash } from "../../../src/config/models.ts";
import type { Config } from "../../../src/config/schema.ts";
import { sha256Hex } from "../../../src/hash.ts";
import { partDiffsKey } from "../../../src/lake/keys.ts";
import { readRun } from "../../../src/lake/run.ts";
import type { WorkBatch } from "../../../src/queue/work.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { testFolders } from "../../support/folders.ts";
import { buildLake, DAY, equalPairs, type PairSpec, RUN, type TestSession, testSession } from "../pipeline-lake.ts";

const folder = testFolders("work");

const answer = (label: string, score: number): string => JSON.stringify({ label, score });

function objects(units: number): PairSpec[][] {
  return Array.from({ length: units }, (_, unit) => [
    ...equalPairs(4 + unit, "a"),
    { model: "a", legacy: answer("ok", 1), candidate: answer("no", 1 + unit) },
    { model: "b", legacy: answer("ok", 1), candidate: answer("ok", 1 + unit) },
    { model: "b", legacy: answer("ok", 2) },
  ]);
}

interface World {
  readonly store: Store;
  readonly session: TestSession;
  readonly asked: Asked;
  /** All units. */
  batch(): Promise<WorkBatch>;
  /** Asks a worker for units, all by default, and ends it. */
  work(change?: Partial<WorkBatch>, worker?: TestSession): Promise<boolean>;
  keys(prefix: string): Promise<string[]>;
  parts(): Promise<(Part | undefined)[]>;
  /** Puts the diffs of all parts where they belong, as who asked for them does. */
  publish(): Promise<boolean[]>;
}

const SAME = "export const same = (a, b) => a.toLowerCase() === b.toLowerCase();\n";

async function config(module = SAME): Promise<Config> {
  const at = await folder();
  await writeFile(join(at, "checks.mjs"), module);
  await writeFile(
    join(at, "cutover.yaml"),
    `models: { "*": { rules: [ { path: $.label, type: custom, use: "./checks.mjs#same" } ], default: exact, gate: {} } }`,
  );
  return (await loadConfig({ file: join(at, "cutover.yaml"), env: {}, flags: {} })).config;
}

async function openWorld(units = 3, by?: Config): Promise<World> {
  const store = await openStore(await folder(), {});
  await buildLake({ objects: objects(units), buckets: 2, commitRows: 3 }, store);
  const session = { ...testSession(store), config: by ?? (await config()) };
  const run = await readRun(store, RUN);
  const { units: listed } = await listInputs(store, run, session.signal);
  const hash = rulesHash(session.config);
  const judge = {
    run: { run: RUN, query: run.query, limits: run.limits, models: run.models },
    rules: hash.slice(0, 12),
    today: utcDay(DAY),
    sequence: undefined,
  };
  const asked = askedFor(session.config, { tool: session.version, rulesHash: hash, judge, units: listed });
  const digests = unitDigests(asked);
  const keyOf = (unit: Asked["units"][number], at: number): string => partKeyOf(asked, unit, digests[at] as string);
  const batch = async (): Promise<WorkBatch> => ({
    kind: "compare",
    asked: await putAsked(store, asked),
    run: RUN,
    bucket: 0,
    keys: listed.map(({ object }) => object.key),
    stop: new AbortController().signal,
    mayTry: () => true,
    lanes: 1,
  });
  return {
    store,
    session,
    asked,
    batch,
    async work(change = {}, worker = session) {
      const work = await openUnitComparer(worker);
      try {
        return await work.run({ ...(await batch()), ...change });
      } finally {
        await work.close();
      }
    },
    async keys(prefix) {
      const found: string[] = [];
      for await (const { key, etag } of store.list(`compares/${RUN}/${judge.rules}/${prefix}`))
        found.push(`${key} ${etag}`);
      return found;
    },
    parts: () => Promise.all(listed.map((unit, at) => readPart(store, keyOf(unit, at), digests[at] as string))),
    publish: () =>
      Promise.all(
        listed.map(async (unit, at) => {
          const part = await readPart(store, keyOf(unit, at), digests[at] as string);
          return part !== undefined && publishDiffs(store, keyOf(unit, at), part.diffs);
        }),
      ),
  };
}

const bytesOf = async (store: Store, keys: readonly string[]): Promise<string[]> =>
  Promise.all(keys.map(async (key) => Buffer.from(await store.get(key.split(" ")[0] as string)).toString("base64")));

describe("a worker that judges units", () => {
  test("leaves a part for each, which merge to what one process counts, and the diffs that it writes", async () => {
    const world = await openWorld();
    expect(await world.work()).toBe(true);
    const parts = await world.parts();
    const merged = new RunTally();
    for (const part of parts) merged.merge(part?.tally ?? new RunTally());
    expect(parts.map((part) => part?.problems)).toEqual([[], [], []]);
    // Where readers look is not for workers to write.
    expect(await world.keys("diffs/")).toEqual([]);
    expect(await world.publish()).toEqual([true, true, true]);
    const diffs = await world.keys("diffs/");
    expect(parts.flatMap((part) => part?.diffs.map(({ key }) => key))).toEqual(diffs.map((key) => key.split(" ")[0]));
    const byWorkers = await bytesOf(world.store, diffs);
    const summary = await compareStage(world.session, {});
    expect(await bytesOf(world.store, await world.keys("diffs/"))).toEqual(byWorkers);
    const counted = [...merged.models].map(([name, { match, mismatch }]) => [name, match, mismatch]);
    const told = Object.entries(summary.models).map(([name, { outcomes }]) => [
      name,
      outcomes.match,
      outcomes.mismatch,
    ]);
    expect(counted.sort()).toEqual(told.sort());
    // Written again by one process, with the same bytes: the parts are of use without what stood beside them.
    const beside = (await world.keys("parts/")).map((key) => key.split(" ")[0] as string);
    await world.store.delete(beside.filter((key) => key.endsWith(".parquet")));
    expect(await world.publish()).toEqual([true, true, true]);
    // With neither they are of none.
    await world.store.delete([diffs[1]?.split(" ")[0] as string]);
    expect(await world.publish()).toEqual([true, false, true]);
  }, 60_000);

  test("does not judge again what has a part", async () => {
    const world = await openWorld();
    await world.work();
    const before = await world.keys("parts/");
    expect(await world.work()).toBe(true);
    expect(await world.keys("parts/")).toEqual(before);
  }, 60_000);

  test("judges by the rules of who asks, whatever its own config says", async () => {
    const world = await openWorld();
    const other = {
      ...world.session,
      config: { ...world.session.config, models: {}, modelPatterns: [], waiverList: [] },
    };
    expect(await world.work({}, other)).toBe(true);
    expect((await world.parts()).reduce((sum, part) => sum + (part?.tally.model("a").mismatch ?? 0), 0)).toBe(3);
  }, 60_000);

  test("writes nothing once the unit may be another's", async () => {
    const world = await openWorld();
    expect(await world.work({ mayTry: () => false })).toBe(false);
    let asked = 0;
    // Still its own when it begins, and no longer when it would write.
    expect(await world.work({ mayTry: () => asked++ < 1 })).toBe(false);
    expect([await world.keys("parts/"), await world.keys("diffs/")]).toEqual([[], []]);
    expect(await world.work({ stop: AbortSignal.abort() })).toBe(false);
    expect(await world.work()).toBe(true);
    expect((await world.parts()).every((part) => part !== undefined)).toBe(true);
  }, 60_000);

  test("tells of an object that is gone in its part", async () => {
    const world = await openWorld();
    const { object } = world.asked.units[1] as Asked["units"][number];
    await world.store.delete([object.key]);
    expect(await world.work()).toBe(true);
    const [, part] = await world.parts();
    expect(part).toMatchObject({ problems: [{ place: object.key }], unreadable: object.selected, diffs: [] });
  }, 60_000);

  test("survives a unit that ends its thread, tells of it, and goes on", async () => {
    const exits = await config("export const same = (a, b) => (b === 'no' ? process.exit(7) : a === b);\n");
    const world = await openWorld(2, exits);
    expect(await world.work()).toBe(true);
    for (const part of await world.parts())
      expect(part?.problems).toMatchObject([{ message: expect.stringContaining("ended with code 7") }]);
  }, 60_000);

  test("leaves a unit undone when it is closed in the midst of it", async () => {
    const slow = await config(
      "export const same = (a, b) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000); return a === b; };",
    );
    const world = await openWorld(2, slow);
    const work = await openUnitComparer(world.session);
    const running = work.run(await world.batch());
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await work.close();
    expect(await running).toBe(false);
    expect([await world.keys("parts/"), await world.keys("diffs/")]).toEqual([[], []]);
  }, 60_000);

  test("passes over what nobody waits for any more", async () => {
    const world = await openWorld();
    expect(await world.work({ asked: "compares/r1/x/asked/gone" })).toBe(true);
    expect(world.session.warned).toEqual(["units of a comparison that nobody waits for any more were passed over"]);
    expect(await world.keys("parts/")).toEqual([]);
  });

  test("ends when it is of another version, or has another module of a custom rule", async () => {
    const world = await openWorld();
    await expect(world.work({}, { ...world.session, version: "9" })).rejects.toMatchObject({ code: "SCHEMA_VERSION" });
    const other = { ...world.session, config: await config(`${SAME}// changed`) };
    await expect(world.work({}, other)).rejects.toMatchObject({
      code: "CONFIG",
      details: { expected: expect.stringContaining("sha256") },
    });
    expect(await world.keys("parts/")).toEqual([]);
  }, 60_000);
});

describe("a part", () => {
  test("is not taken for one of anything else: commits, content, rules, what has expired, program", async () => {
    const { asked } = await openWorld(1);
    const [unit] = asked.units as [Asked["units"][number]];
    const rule = {
      path: "$.t",
      type: "ignore",
      reason: "r",
      owner: "o",
      expires: "2026-11-25",
      weight: "gate",
      critical: false,
    };
    const expiring = { ...asked.config, models: { "*": { rules: [rule] } } } as unknown as Asked["config"];
    const waived = {
      ...asked.config,
      waiverList: [{ fingerprint: "f", reason: "r", owner: "o", expires: "2026-11-25" }],
    };
    const on = (today: string, config = asked.config): Asked => ({
      ...asked,
      config,
      judge: { ...asked.judge, today },
    });
    const others: Asked[] = [
      { ...asked, units: [{ ...unit, commits: unit.commits.slice(1) }] },
      { ...asked, units: [{ ...unit, commits: unit.commits.map((one) => ({ ...one, etag: "x" })) }] },
      { ...asked, units: [{ ...unit, object: { ...unit.object, contentSha256: "x" } }] },
      { ...asked, rulesHash: "x" },
      { ...asked, tool: "x" },
      { ...asked, judge: { ...asked.judge, sequence: { version: 1, rules: "r", below: 0.5, decided: {} } } },
      { ...asked, judge: { ...asked.judge, run: { ...asked.judge.run, run: "r2" } } },
      on("2026-11-26", expiring),
      on("2026-11-26", waived),
    ];
    const digests = [asked, ...others].map((one) => unitDigests(one)[0]);
    expect(new Set(digests).size).toBe(1 + others.length);
    // The day alone changes nothing, nor a rule that has not expired.
    expect(unitDigests(on("2027-01-01"))).toEqual(unitDigests(asked));
    expect(unitDigests(on("2026-11-25", expiring))).toEqual(unitDigests(on("2026-11-24", expiring)));
  });

  test("is of no use when it is not whole, or another's", async () => {
    const { store } = await openWorld(1);
    const part: Part = { digest: "x", diffs: [], problems: [], unreadable: 0, tally: new RunTally() };
    await putPart(store, "p", part);
    expect(encodeTally((await readPart(store, "p", "x"))?.tally as RunTally)).toEqual(encodeTally(part.tally));
    expect(await readPart(store, "p", "y")).toBeUndefined();
    expect(await readPart(store, "gone", "x")).toBeUndefined();
    await store.put("p", (await store.get("p")).slice(0, -3));
    expect(await readPart(store, "p", "x")).toBeUndefined();
  });

  test("has its diffs where they belong, whatever stood there, as long as they are somewhere", async () => {
    const { store } = await openWorld(1);
    const body = Buffer.from("diffs");
    const sha256 = sha256Hex(body);
    const staged = await store.put(partDiffsKey("p", sha256), body);
    const diffs = [{ key: "d", size: staged.size, etag: staged.etag, sha256 }];
    for (const before of [undefined, "other", "other and longer"]) {
      if (before !== undefined) await store.put("d", Buffer.from(before));
      expect(await publishDiffs(store, "p", diffs)).toBe(true);
      expect(await store.get("d")).toEqual(new Uint8Array(body));
    }
    // Bytes of another are not taken for its own.
    await store.put(staged.key, Buffer.from("DIFFS"));
    expect(await publishDiffs(store, "p", diffs)).toBe(true);
    await store.delete(["d"]);
    expect(await publishDiffs(store, "p", diffs)).toBe(false);
    await store.delete([staged.key]);
    expect(await publishDiffs(store, "p", diffs)).toBe(false);
  });

  test("that is there already stays", async () => {
    const { store } = await openWorld(1);
    const part: Part = { digest: "x", diffs: [], problems: [], unreadable: 0, tally: new RunTally() };
    await putPart(store, "p", part);
    await putPart(store, "p", { ...part, unreadable: 1 });
    expect((await readPart(store, "p", "x"))?.unreadable).toBe(0);
  });
});
