import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pinRun, planRun } from "../../replay/plan/plan.ts";
import { forecastStage } from "../../replay/planned.ts";
import { replayStage } from "../../replay/stage.ts";
import { CutoverError } from "../../src/errors.ts";
import { readRun, readSkips } from "../../src/lake/run.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { type Act, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";
import { filled, serve } from "./serving.ts";
import { httpTo, QUICK, readResults, rows, sessionOf, text, writeCapture } from "./world.ts";

async function keys(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list("")) found.push(key);
  return found;
}

test("every record is sent once and its answer stored; a second call sends and stores nothing", async () => {
  const server = await serve();
  const store = await filled();
  const counts = new Map<string, number>([["replay.requests", 0]]);
  const session = sessionOf(store, { t: httpTo(server.url) }, { counts });
  const first = await replayStage(session, { target: "t" }, QUICK);
  expect(first).toMatchObject({
    planned: 120,
    replayed: 120,
    failed: 0,
    skipped: {},
    resent: 0,
    attempts: 120,
    now: { replayed: 120, sent: 120 },
  });
  expect(first.run).toMatch(/^r[0-9a-f]{10}$/);
  expect(counts.get("replay.requests")).toBe(120);
  const results = await readResults(store, first.run);
  expect(results.map((r) => text(r.output))).toEqual(Array.from({ length: 120 }, (_, i) => `{"n":${i}}`));
  const before = await keys(store);
  const second = await replayStage(session, { target: "t" }, QUICK);
  expect(second).toEqual({
    ...first,
    seconds: second.seconds,
    now: { replayed: 0, failed: 0, sent: 0, overBudget: 0 },
  });
  expect(server.seen.length).toBe(120);
  expect(await keys(store)).toEqual(before);
});

test("the same command resumes the pinned selection when captures grew; --fresh pins anew", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url) });
  const first = await replayStage(session, { target: "t" }, QUICK);
  await writeCapture(store, rows(120, 5, ["a"]));
  expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ run: first.run, planned: 120 });
  const fresh = await replayStage(session, { target: "t", fresh: true }, QUICK);
  expect(fresh).toMatchObject({ planned: 125, replayed: 125 });
  expect(fresh.run).not.toBe(first.run);
  expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ run: fresh.run, now: { sent: 0 } });
  expect(server.seen.length).toBe(245);
});

test("pace is no part of a run's identity, the endpoint is", async () => {
  const server = await serve();
  const store = await filled();
  const first = await replayStage(sessionOf(store, { t: httpTo(server.url) }), { target: "t" }, QUICK);
  const slower = httpTo(server.url, { concurrency: { perEndpoint: 1, total: 1 }, timeout: "9s" });
  expect((await replayStage(sessionOf(store, { t: slower }), { target: "t" }, QUICK)).run).toBe(first.run);
  const other = { http: { url: `${server.url}/v2/{model}` } };
  expect((await replayStage(sessionOf(store, { t: other }), { target: "t" }, QUICK)).run).not.toBe(first.run);
});

describe("a call that is killed at any put, before or after it is durable, and started again", () => {
  test("leaves the results of an undisturbed one", { timeout: 60_000 }, async () => {
    const script = ({ body }: Seen): Act => {
      const n = (JSON.parse(body.toString()) as { n: number }).n;
      return n % 10 === 3 ? { do: "answer", status: 422, body: `no ${n}` } : { do: "answer", body: `${n * 2}` };
    };
    const essence = async (store: Store, run: string) =>
      (await readResults(store, run)).map((r) => [r.offset, r.id, r.model, r.outcome, r.status, text(r.output)]);
    const filled = async (): Promise<Store> => {
      const store = memoryStore();
      for (const first of [0, 30]) await writeCapture(store, rows(first, 30, ["a", "b", "client/c"]), 15);
      return store;
    };
    const calm = await filled();
    const server = await serve(script);
    const targets = { t: httpTo(server.url) };
    const { run } = await replayStage(sessionOf(calm, targets), { target: "t" }, QUICK);
    const expected = await essence(calm, run);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 3 }),
        async (kills) => {
          const store = await filled();
          const start = server.seen.length;
          for (const [puts, durable] of kills) {
            await replayStage(sessionOf(killedAfter(store, puts, durable), targets), { target: "t" }, QUICK).catch(
              (error) => {
                if (error.message !== "killed") throw error;
              },
            );
          }
          const result = await replayStage(sessionOf(store, targets), { target: "t" }, QUICK);
          expect(await essence(store, run)).toEqual(expected);
          expect(result).toMatchObject({ run, planned: 60, replayed: 60, failed: 0 });
          // What is counted as sent twice was; a killed call's last sends may be missing from it.
          expect(result.resent).toBeLessThanOrEqual(server.seen.length - start - 60);
        },
      ),
      { numRuns: 6 },
    );
  });
});

/** A store whose process dies at the n-th put: that one is durable or not, none after it is. */
function killedAfter(store: Store, puts: number, durable: boolean): Store {
  let left = puts;
  return {
    ...store,
    async put(key, body, options) {
      if (left === 0 && durable) await store.put(key, body, options);
      if (left-- > 0) return store.put(key, body, options);
      throw new Error("killed");
    },
  };
}

test("resent counts what a lost store cost, to the request when the count was written", async () => {
  const server = await serve(() => ({ do: "answer", delayMs: 5 }));
  const store = await filled();
  const targets = { t: httpTo(server.url, { concurrency: { perEndpoint: 2, total: 4 } }) };
  const broken: Store = {
    ...store,
    put: (key, body, options) =>
      key.startsWith("replays/") ? Promise.reject(new Error("lost")) : store.put(key, body, options),
  };
  await expect(replayStage(sessionOf(broken, targets), { target: "t" }, QUICK)).rejects.toThrow("lost");
  const lost = server.seen.length;
  expect(lost).toBeGreaterThan(0);
  const result = await replayStage(sessionOf(store, targets), { target: "t" }, QUICK);
  expect(result).toMatchObject({ replayed: 120, resent: lost, now: { sent: 120 } });
});

test("two calls at once store every position once", async () => {
  const server = await serve(() => ({ do: "answer", delayMs: 2 }));
  const store = await filled();
  const targets = { t: httpTo(server.url) };
  const both = await Promise.all([1, 2].map(() => replayStage(sessionOf(store, targets), { target: "t" }, QUICK)));
  expect(await readResults(store, both[0]?.run ?? "")).toHaveLength(120);
  for (const result of both) expect(result.replayed).toBe(120);
});

test("SIGINT lets what is in flight finish, stores it, and the same command goes on", async () => {
  const stop = new AbortController();
  const server = await serve(({ index }) => {
    if (index === 30) stop.abort(new CutoverError("INTERRUPTED", "SIGINT"));
    return { do: "answer", delayMs: 10 };
  });
  const store = await filled();
  const targets = { t: httpTo(server.url, { concurrency: { perEndpoint: 3, total: 8 } }) };
  await expect(
    replayStage(sessionOf(store, targets, { signal: stop.signal }), { target: "t" }, QUICK),
  ).rejects.toMatchObject({
    code: "INTERRUPTED",
    exitCode: 130,
    details: { hint: expect.stringContaining("same command") },
  });
  const sent = server.seen.length;
  expect(sent).toBeLessThanOrEqual(31 + 8);
  const result = await replayStage(sessionOf(store, targets), { target: "t" }, QUICK);
  expect(result).toMatchObject({ replayed: 120, resent: 0, now: { sent: 120 - sent } });
  expect(server.seen.length).toBe(120);
});

describe("an endpoint that", () => {
  test("is deleted half-way is parked: the others go on, the rest is skipped and sent once it is back", async () => {
    let gone = false;
    const server = await serve(({ path, index }) => {
      gone ||= index === 60;
      return path === "/b/invocations" && gone && !back
        ? { do: "answer", status: 404, body: "no such model" }
        : { do: "answer" };
    });
    let back = false;
    const store = await filled();
    const targets = { t: httpTo(server.url, { concurrency: { perEndpoint: 2, total: 4 } }) };
    const result = await replayStage(sessionOf(store, targets), { target: "t" }, QUICK);
    const skipped = result.skipped.endpoint_missing ?? 0;
    expect(skipped).toBeGreaterThan(0);
    expect(result).toMatchObject({
      replayed: 120 - skipped,
      failed: 0,
      parked: [{ endpoint: `${server.url}/b/invocations`, reason: "endpoint_missing" }],
    });
    expect((await readSkips(store, result.run)).models).toEqual({ b: { endpoint_missing: skipped } });
    // What was in flight when the first 404 came, and nothing after.
    expect(server.seen.length).toBeLessThanOrEqual(120 - skipped + 2);
    back = true;
    expect(await replayStage(sessionOf(store, targets), { target: "t" }, QUICK)).toMatchObject({
      replayed: 120,
      skipped: {},
      resent: 0,
      now: { replayed: skipped },
    });
    expect((await readSkips(store, result.run)).models).toEqual({});
  });

  test("refuses every connection is parked without a stored failure", async () => {
    const dead = await misbehavingServer(() => ({ do: "answer" }));
    await dead.close();
    const store = await filled();
    const targets = { t: httpTo(dead.url) };
    await expect(replayStage(sessionOf(store, targets), { target: "t" }, QUICK)).rejects.toMatchObject({
      code: "TARGET_UNUSABLE",
      details: { received: expect.stringContaining("ECONNREFUSED") },
    });
    expect((await keys(store)).filter((key) => key.startsWith("replays/"))).toEqual([]);
    expect(Object.values((await readSkips(store, await onlyRun(store))).models)).toHaveLength(4);
  });

  test("throttles above N at work answers everything in the end", async () => {
    const server = await serve(({ atWork }) =>
      atWork > 3 ? { do: "answer", status: 429, body: "" } : { do: "answer", delayMs: 3 },
    );
    const store = await filled();
    const result = await replayStage(sessionOf(store, { t: httpTo(server.url) }), { target: "t" }, QUICK);
    expect(result).toMatchObject({
      replayed: 120,
      failed: 0,
      attempts: server.seen.length,
      throttles: server.seen.length - 120,
    });
    expect(result.throttles).toBeGreaterThan(0);
  });
});

async function onlyRun(store: Store): Promise<string> {
  for await (const { key } of store.list("runs/")) return key.split("/")[1] as string;
  throw new Error("no run");
}

test("a production target that suffers ends the call with an error that says so; what was answered is stored", async () => {
  const server = await serve(({ index }) => (index < 50 ? { do: "answer" } : { do: "answer", status: 503 }));
  const store = await filled();
  const target = httpTo(server.url, { production: true, rate: { total: 1_000 } });
  await expect(
    replayStage(sessionOf(store, { t: target }), { target: "t", run: "one", yes: true }, QUICK),
  ).rejects.toMatchObject({
    code: "TARGET_UNUSABLE",
    message: expect.stringContaining("more than 1 %"),
    details: { place: "targets.t", received: "production_errors" },
  });
  expect((await readResults(store, "one")).filter(({ outcome }) => outcome === "ok")).toHaveLength(50);
});

test("with dedupe: true identical requests are sent once, and the result says how many share an answer", async () => {
  const server = await serve();
  const store = memoryStore();
  const twice = rows(0, 40, ["a", "b"]).map((one, i) => ({ ...one, input: new TextEncoder().encode(`${i % 10}`) }));
  await writeCapture(store, twice, 15);
  const session = sessionOf(store, { t: httpTo(server.url, { dedupe: true }) });
  expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({
    replayed: 40,
    shared: 30,
    attempts: 10,
    now: { sent: 10 },
  });
  expect(server.seen.length).toBe(10);
});

test("the server never sees more at work than perEndpoint and total allow", async () => {
  const server = await serve(({ index }) =>
    index % 7 === 0 ? { do: "answer", status: 503 } : { do: "answer", delayMs: 4 },
  );
  const store = await filled();
  await replayStage(
    sessionOf(store, { t: httpTo(server.url, { concurrency: { perEndpoint: 3, total: 7 } }) }),
    { target: "t" },
    QUICK,
  );
  expect(server.peak).toBe(7);
  for (const peak of server.peakByPath.values()) expect(peak).toBeLessThanOrEqual(3);
});

test("a slow endpoint does not hold back the others, though its rows come first and fill its share", async () => {
  const order: string[] = [];
  const server = await serve(({ path }) => {
    order.push(path);
    return { do: "answer", delayMs: path === "/a/invocations" ? 15 : 0 };
  });
  const store = await filled();
  // Rows cost about 1 KiB each: the share of one endpoint is 4 rows.
  const tuning = { ...QUICK, limits: { ...QUICK.limits, bufferBytes: 32_000, openUnits: 2 } };
  const targets = { t: httpTo(server.url, { concurrency: { perEndpoint: 1, total: 10 } }) };
  expect(await replayStage(sessionOf(store, targets), { target: "t" }, tuning)).toMatchObject({ replayed: 120 });
  expect(order.indexOf("/d/invocations")).toBeLessThan(20);
});

test("four buckets send and store every record once, by endpoint", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url) });
  const { run } = await forecastStage(session, { target: "t" });
  await replayStage(session, { target: "t" }, QUICK);
  const pinned = await readRun(store, run);
  const other = await filled();
  await pinRun(other, { ...pinned, buckets: 4 });
  const before = server.seen.length;
  expect(await replayStage(sessionOf(other, { t: httpTo(server.url) }), { target: "t" }, QUICK)).toMatchObject({
    run,
    replayed: 120,
  });
  expect(server.seen.length - before).toBe(120);
  expect(await readResults(other, run)).toHaveLength(120);
  const buckets = new Map<string, Set<string>>();
  for (const key of await keys(other)) {
    const bucket = /~(\d+)~\d{6}\.parquet$/.exec(key)?.[1];
    if (bucket !== undefined) buckets.set(bucket, (buckets.get(bucket) ?? new Set()).add(key));
  }
  expect(buckets.size).toBeGreaterThan(1);
  expect(await replayStage(sessionOf(other, { t: httpTo(server.url) }), { target: "t" }, QUICK)).toMatchObject({
    now: { sent: 0 },
  });
});

test("a pinned object that is gone or changed stops the call before anything is sent", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url) });
  const plan = await planRun({
    store,
    query: { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null },
    target: { name: "t", kind: "http", hash: "h" },
    run: undefined,
    sameAs: undefined,
    fresh: false,
    now: 0,
    version: "0",
  });
  const [key] = plan.run.objects.map((object) => object.key);
  await store.put("runs/base/run.json", new TextEncoder().encode(JSON.stringify({ ...plan.run, run: "base" })));
  await store.delete([key as string]);
  await expect(replayStage(session, { target: "t", sameAs: "base" }, QUICK)).rejects.toMatchObject({
    code: "RUN_INVALID",
    details: { received: "no such object" },
  });
  await writeCapture(
    store,
    rows(0, 40, ["a", "b", "client/c", "d"]).map((r) => ({ ...r, input: new TextEncoder().encode("other") })),
    15,
  );
  await expect(replayStage(session, { target: "t", sameAs: "base" }, QUICK)).rejects.toMatchObject({
    code: "RUN_INVALID",
  });
  expect((await readResults(store, "base")).length).toBe(0);
});

test("--dry-run counts what is left and sends and writes nothing", async () => {
  const server = await serve();
  const store = await filled();
  const before = await keys(store);
  const session = sessionOf(store, { t: httpTo(server.url) });
  expect(await forecastStage(session, { target: "t", model: ["a", "client/*"] })).toMatchObject({
    pinned: false,
    planned: 60,
    requests: 60,
    endpoints: 2,
    models: { a: { requests: 30, endpoint: `${server.url}/a/invocations` }, "client/c": { requests: 30 } },
  });
  expect(await keys(store)).toEqual(before);
  expect(server.seen.length).toBe(0);
});

test("--same-as sends the selection of another run to another target", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url), u: { http: { url: `${server.url}/u/{model}` } } });
  const first = await replayStage(session, { target: "t", limit: "3", run: "base" }, QUICK);
  await writeCapture(store, rows(120, 50, ["a", "b", "e"]));
  const second = await replayStage(session, { target: "u", sameAs: "base" }, QUICK);
  expect(second).toMatchObject({ planned: 12, replayed: 12 });
  const offsets = async (run: string) => (await readResults(store, run)).map(({ offset }) => offset);
  expect(await offsets(second.run)).toEqual(await offsets(first.run));
  await expect(replayStage(session, { target: "u", sameAs: "base", model: ["a"] }, QUICK)).rejects.toMatchObject({
    code: "USAGE",
  });
});

test("a given run that was pinned for something else is refused with both named", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url), u: httpTo(server.url) });
  await replayStage(session, { target: "t", run: "mine", model: ["a"] }, QUICK);
  expect(await replayStage(session, { target: "t", run: "mine", model: ["a"] }, QUICK)).toMatchObject({
    now: { sent: 0 },
  });
  await expect(replayStage(session, { target: "t", run: "mine" }, QUICK)).rejects.toMatchObject({
    code: "RUN_INVALID",
    details: { expected: expect.stringContaining("models a → t"), received: expect.stringContaining("all models → t") },
  });
  await expect(replayStage(session, { target: "u", run: "mine", model: ["a"] }, QUICK)).rejects.toMatchObject({
    code: "RUN_INVALID",
  });
  await expect(
    replayStage(session, { target: "t", run: "mine", fresh: true, model: ["a"] }, QUICK),
  ).rejects.toMatchObject({ code: "USAGE" });
  await expect(replayStage(session, { target: "t", run: "../x" }, QUICK)).rejects.toMatchObject({ code: "USAGE" });
  await expect(replayStage(session, { target: "tt" }, QUICK)).rejects.toMatchObject({
    code: "USAGE",
    details: { expected: "one of t, u" },
  });
});
