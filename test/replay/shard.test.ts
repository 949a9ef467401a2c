import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listInputs } from "../../compare/inputs.ts";
import { shareOf, shareOfTotal } from "../../replay/part.ts";
import { parseBuckets, type Shard, shardOf } from "../../replay/shard.ts";
import { replayStage } from "../../replay/stage.ts";
import { configSchema, type TargetSettings } from "../../src/config/schema.ts";
import { isCutoverError } from "../../src/errors.ts";
import { bucketSkipsPrefix, skipsKey } from "../../src/lake/keys.ts";
import { type Run, readRun, readSkips } from "../../src/lake/run.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { serve } from "./serving.ts";
import { httpTo, QUICK, readResults, rows, sessionOf, text, writeCapture } from "./world.ts";

const MODELS = Array.from({ length: 12 }, (_, i) => `m${i}`);
/** 3 objects, 240 records, 12 models. */
async function filled(): Promise<Store> {
  const store = memoryStore();
  for (const first of [0, 80, 160]) await writeCapture(store, rows(first, 80, MODELS), 30);
  return store;
}
const codeOf = (error: unknown): string => (isCutoverError(error) ? error.code : String(error));

const KUBERNETES = { JOB_COMPLETION_INDEX: "2", JOB_COMPLETIONS: "5" };
const BATCH = { AWS_BATCH_JOB_ARRAY_INDEX: "0", AWS_BATCH_JOB_ARRAY_SIZE: "3" };

/** [what, --shard, environment, shard or code of the error] */
const CASES: readonly [string, string | undefined, Record<string, string>, Shard | undefined | "USAGE"][] = [
  ["nothing says anything", undefined, {}, undefined],
  ["the flag", "1/4", {}, { index: 1, count: 4 }],
  ["the flag wins over the scheduler", "1/4", KUBERNETES, { index: 1, count: 4 }],
  ["one shard is the whole", "0/1", KUBERNETES, { index: 0, count: 1 }],
  ["an Indexed Job of Kubernetes", undefined, KUBERNETES, { index: 2, count: 5 }],
  ["an array job of AWS Batch", undefined, BATCH, { index: 0, count: 3 }],
  ["an index of how many is not known", undefined, { JOB_COMPLETION_INDEX: "2" }, "USAGE"],
  ["an index, and of how many by the flag", "auto/8", { JOB_COMPLETION_INDEX: "2" }, { index: 2, count: 8 }],
  ["auto where no scheduler is", "auto/8", {}, "USAGE"],
  ["variables that are empty are not set", undefined, { JOB_COMPLETION_INDEX: "" }, undefined],
  ["an index beyond the last", undefined, { ...KUBERNETES, JOB_COMPLETION_INDEX: "5" }, "USAGE"],
  ["an index that is no number", undefined, { ...BATCH, AWS_BATCH_JOB_ARRAY_INDEX: "x" }, "USAGE"],
  ["a flag counted from one", "4/4", {}, "USAGE"],
  ["a flag of no shards", "0/0", {}, "USAGE"],
  ["a negative index", "-1/4", {}, "USAGE"],
  ["a flag without a count", "3", {}, "USAGE"],
  ["more shards than a run has buckets", "0/1025", {}, "USAGE"],
];
test.each(CASES)("which shard: %s", (_, flag, env, expected) => {
  if (expected !== "USAGE") expect(shardOf(flag, env)).toEqual(expected);
  else expect(() => shardOf(flag, env)).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("--buckets takes 1 to the limit and nothing else", () => {
  expect(parseBuckets(undefined)).toBeUndefined();
  expect(parseBuckets("64")).toBe(64);
  for (const bad of ["0", "-1", "1.5", "1025", "x", ""]) {
    expect(() => parseBuckets(bad)).toThrow(expect.objectContaining({ code: "USAGE" }));
  }
});

test("shares of a total come to the total, differ by one at most, and none is empty while there is one for each", () => {
  const buckets = fc.uniqueArray(fc.nat(63), { minLength: 1 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(buckets, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 8 }), (all, total, count) => {
      const shares = all.map((bucket) => shareOfTotal(total, new Set([bucket]), all));
      expect(shares.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      if (total >= all.length) expect(Math.min(...shares)).toBeGreaterThan(0);
      const shards = Array.from({ length: count }, (_, i) => new Set(all.filter((bucket) => bucket % count === i)));
      expect(shards.reduce((sum, owned) => sum + shareOfTotal(total, owned, all), 0)).toBe(total);
    }),
  );
});

test("shards have the total rate between them, and each endpoint's whole", () => {
  const { targets } = configSchema.parse({
    targets: { t: { http: { url: "http://h/{model}" }, rate: { perEndpoint: 7, total: 30 } } },
  });
  const settings = targets.t as TargetSettings;
  const all = [0, 2, 3, 5];
  const rates = [[0, 2], [3], [5]].map((buckets) => {
    const part = { run: {} as Run, all, buckets: new Set(buckets), name: "" };
    return shareOf(settings, "t", part).rate;
  });
  expect(rates).toEqual([15, 7.5, 7.5].map((total) => ({ perEndpoint: 7, total })));
});

describe("shards of one run", () => {
  test("started at once pin one run, send every record once between them, and stay within the limits together", async () => {
    const server = await serve(() => ({ do: "answer", delayMs: 4 }));
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url, { concurrency: { perEndpoint: 2, total: 13 } }) });
    const results = await Promise.all(
      [0, 1, 2, 3].map((index) => replayStage(session, { target: "t", shard: { index, count: 4 } }, QUICK)),
    );
    expect(new Set(results.map(({ run }) => run)).size).toBe(1);
    const run = (results[0] as { run: string }).run;
    expect((await readRun(store, run)).buckets).toBe(4);
    expect(results.reduce((sum, { planned }) => sum + planned, 0)).toBe(240);
    for (const { planned, replayed, failed, resent, skipped } of results) {
      expect({ replayed, failed, resent, skipped }).toEqual({ replayed: planned, failed: 0, resent: 0, skipped: {} });
    }
    expect((await readResults(store, run)).map((r) => text(r.output))).toEqual(
      Array.from({ length: 240 }, (_, i) => `{"n":${i}}`),
    );
    expect(server.seen.length).toBe(240);
    expect(server.peak).toBeLessThanOrEqual(13);
    for (const peak of server.peakByPath.values()) expect(peak).toBeLessThanOrEqual(2);
    // Without --shard the same command finds the run complete.
    expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ run, planned: 240, now: { sent: 0 } });
  });

  test("take no model of each other, and a shard without a model has nothing to do", async () => {
    const server = await serve();
    const store = memoryStore();
    await writeCapture(store, rows(0, 30, ["only"]));
    const session = sessionOf(store, { t: httpTo(server.url) });
    const results = [];
    for (const index of [0, 1, 2]) {
      results.push(await replayStage(session, { target: "t", shard: { index, count: 3 } }, QUICK));
    }
    expect(results.map(({ planned }) => planned).sort((a, b) => a - b)).toEqual([0, 0, 30]);
    expect(server.seen.length).toBe(30);
  });

  test("a run that was pinned with one bucket is not divided, and the hint divides it", async () => {
    const server = await serve();
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url) });
    const whole = await replayStage(session, { target: "t" }, QUICK);
    const shard = { index: 0, count: 4 };
    await expect(replayStage(session, { target: "t", shard }, QUICK)).rejects.toMatchObject({
      code: "RUN_INVALID",
      details: { hint: expect.stringContaining("--fresh --buckets 4") },
    });
    expect(server.seen.length).toBe(240);
    const fresh = await replayStage(session, { target: "t", fresh: true, buckets: 4 }, QUICK);
    expect(fresh.run).not.toBe(whole.run);
    expect((await readRun(store, fresh.run)).buckets).toBe(4);
    const part = await replayStage(session, { target: "t", shard }, QUICK);
    expect(part).toMatchObject({ run: fresh.run, now: { sent: 0 } });
  });

  test("another number of buckets than the pinned one is refused", async () => {
    const server = await serve();
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url) });
    await replayStage(session, { target: "t", buckets: 4 }, QUICK);
    await expect(replayStage(session, { target: "t", buckets: 8 }, QUICK)).rejects.toMatchObject({
      code: "RUN_INVALID",
    });
  });

  test("a total too small to give each bucket one is refused before anything is sent", async () => {
    const server = await serve();
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url, { concurrency: { perEndpoint: 1, total: 2 } }) });
    const shards = Array.from({ length: 8 }, (_, index) =>
      replayStage(session, { target: "t", shard: { index, count: 8 } }, QUICK).then(() => "", codeOf),
    );
    // Which buckets hold an endpoint goes by its address, and so by the server's port: a shard may have nothing to send.
    const codes = new Set(await Promise.all(shards));
    codes.delete("");
    expect([...codes]).toEqual(["CONFIG"]);
    expect(server.seen.length).toBe(0);
  });

  test("write down what each has skipped, side by side; who sends it later takes it back", async () => {
    let broken = true;
    const server = await serve(({ path }) =>
      broken && /m[37]\//.test(path)
        ? { do: "answer", status: 404, body: "no such endpoint", type: "text/plain" }
        : { do: "answer" },
    );
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url) });
    const part = (index: number) => replayStage(session, { target: "t", shard: { index, count: 4 } }, QUICK);
    const settled = await Promise.allSettled([0, 1, 2, 3].map(part));
    const run = (settled.find((one) => one.status === "fulfilled") as { value: { run: string } }).value.run;
    expect((await readSkips(store, run)).models).toEqual({
      m3: { endpoint_missing: 21 },
      m7: { endpoint_missing: 21 },
    });
    const inputs = async () => (await listInputs(store, await readRun(store, run), session.signal)).digest.replays;
    const before = await inputs();
    broken = false;
    for (const index of [0, 1, 2, 3]) await part(index);
    const { models } = await readSkips(store, run);
    expect(Object.values(models).flatMap((reasons) => Object.values(reasons))).toEqual([]);
    // A comparison made before is of other replays.
    expect(await inputs()).not.toBe(before);
    // A call that takes all says it in one document again.
    await replayStage(session, { target: "t" }, QUICK);
    const left: string[] = [];
    for await (const { key } of store.list(bucketSkipsPrefix(run))) left.push(key);
    expect(left).toEqual([]);
    expect(await store.head(skipsKey(run))).toBeDefined();
  });
});
