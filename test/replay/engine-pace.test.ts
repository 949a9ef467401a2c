/** Pace against a real server that counts what it sees. */
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory.ts";
import { runEngine } from "./engine-world.ts";
import { filled, MODELS, serve } from "./serving.ts";
import { httpTo, QUICK, readResults, row, rows, writeCapture } from "./world.ts";

/** Longest time in which nothing of this process ran, server included, until it is stopped. */
function watchStalls(): () => number {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

/**
 * Of arrivals in order: the most within one window, less what burst and rate allow for it. Never above zero. A request
 * may be on its way for longer than the one after it.
 */
function excess(arrivals: readonly number[], perSecond: number, slackMs: number): number {
  const burst = Math.max(1, perSecond / 10);
  let most = Number.NEGATIVE_INFINITY;
  arrivals.forEach((from, i) => {
    for (let j = i; j < arrivals.length; j++) {
      const allowed = burst + (perSecond * ((arrivals[j] as number) - from + slackMs)) / 1_000;
      most = Math.max(most, j - i + 1 - allowed);
    }
  });
  return most;
}

describe("the server sees", () => {
  test("no more tries a second than the rate, in total and per endpoint, retries counted, and none is dropped", async () => {
    const arrivals: { readonly path: string; readonly at: number }[] = [];
    const server = await serve(({ path, index }) => {
      arrivals.push({ path, at: performance.now() });
      return index % 6 === 5 ? { do: "answer", status: 429, body: "" } : { do: "answer", delayMs: 2 };
    });
    const store = await filled();
    const target = httpTo(server.url, { rate: { total: 100, perEndpoint: 40 }, concurrency: { adaptive: false } });
    const stalls = watchStalls();
    const { run, stored } = await runEngine(store, target);
    const slackMs = 50 + 2 * stalls();
    expect(await readResults(store, run)).toHaveLength(120);
    expect(stored).toMatchObject({ replayed: 120, failed: 0 });
    expect(stored.throttles).toBeGreaterThan(10);
    expect(arrivals.length).toBe(120 + stored.throttles);
    const times = (path?: string) => arrivals.filter((a) => path === undefined || a.path === path).map(({ at }) => at);
    expect(excess(times(), 100, slackMs)).toBeLessThanOrEqual(0);
    for (const path of new Set(arrivals.map((a) => a.path)))
      expect(excess(times(path), 40, slackMs)).toBeLessThanOrEqual(0);
  });

  test("one request of an endpoint that is not ready, and all its places once it is; those that waited are cold starts", async () => {
    let readyAt: number | undefined;
    const beforeReady = new Map<string, number>();
    const server = await serve(({ path, atWork }) => {
      readyAt ??= performance.now() + 300;
      if (performance.now() >= readyAt) return { do: "answer", delayMs: 3 };
      beforeReady.set(path, Math.max(beforeReady.get(path) ?? 0, atWork));
      return { do: "error", status: 429, name: "ModelNotReadyException" };
    });
    const store = memoryStore();
    await writeCapture(store, rows(0, 40, ["a"]));
    const target = {
      sagemaker: { endpoint: "{model}", region: "us-east-1", url: server.url },
      retry: { attempts: 2, backoff: "20ms", maxWait: "60s", budget: 0 },
    };
    process.env.AWS_ACCESS_KEY_ID ??= "test";
    process.env.AWS_SECRET_ACCESS_KEY ??= "test";
    const { run, stored } = await runEngine(store, target);
    expect(stored).toMatchObject({ replayed: 40, failed: 0 });
    expect([...beforeReady.values()]).toEqual([1]);
    expect(server.peak).toBeGreaterThan(3);
    const cold = (await readResults(store, run)).filter(({ coldStart }) => coldStart);
    expect(cold).toHaveLength(1);
    expect(cold[0]?.attempts).toBeGreaterThan(1);
  });

  test("answers within the budget of bytes: as many at once as their size allows, not as many as there are places", async () => {
    const body = "x".repeat(300 * 1024);
    const server = await serve(() => ({ do: "answer", delayMs: 5, body }));
    const store = memoryStore();
    await writeCapture(store, rows(0, 200, MODELS));
    const target = httpTo(server.url, { concurrency: { perEndpoint: 64, total: 64 }, maxResponse: "1MiB" });
    // Half of it is for answers: 2 MiB, six of these.
    const limits = { ...QUICK.limits, commitRows: 2_000, commitAgeMs: 60_000, bufferBytes: 4 * 1024 * 1024 };
    const { run, stored, engine } = await runEngine(store, target, { limits });
    expect(stored).toMatchObject({ replayed: 200, failed: 0 });
    expect(server.peak).toBeLessThanOrEqual(6);
    expect(server.peak).toBeGreaterThan(1);
    expect(engine.limiter.reserved).toBe(0);
    expect(await readResults(store, run)).toHaveLength(200);
  });
});

describe("an endpoint that only fails", () => {
  test("is parked: what was measured is stored, the rest skipped, the others go on; the next call goes on with it", async () => {
    let broken = true;
    const server = await serve(({ path }) =>
      broken && path.startsWith("/b/")
        ? { do: "answer", status: 503, body: "overloaded" }
        : { do: "answer", delayMs: 1 },
    );
    const store = memoryStore();
    await writeCapture(store, rows(0, 1_200, MODELS), 200);
    const target = httpTo(server.url, { retry: { attempts: 2, backoff: "1ms", maxWait: "2s" } });
    const limits = { ...QUICK.limits, brokenMs: 200 };
    const first = await runEngine(store, target, { limits });
    expect([...first.parked]).toEqual([[`${server.url}/b/invocations`, "endpoint_failing"]]);
    const results = await readResults(store, first.run);
    const failed = results.filter(({ outcome }) => outcome !== "ok");
    expect(results.length - failed.length).toBe(900);
    expect(failed.every(({ model, outcome }) => model === "b" && outcome === "unavailable")).toBe(true);
    const tries = server.seen.filter(({ path }) => path.startsWith("/b/")).length;
    // A round of tries, and a few one by one.
    expect(tries).toBeLessThan(60);
    expect(failed.length).toBeLessThanOrEqual(tries);
    broken = false;
    const second = await runEngine(store, target, { limits });
    expect(second.parked.size).toBe(0);
    expect(second.stored.replayed).toBe(300 - failed.length);
  });

  test("for a while is waited for, and its requests do not fail meanwhile", async () => {
    let since: number | undefined;
    const server = await serve(({ index }) => {
      if (index < 100) return { do: "answer", delayMs: 1 };
      since ??= performance.now();
      return performance.now() - since < 400 ? { do: "answer", status: 503 } : { do: "answer", delayMs: 1 };
    });
    const store = memoryStore();
    await writeCapture(store, rows(0, 600, ["a"]), 200);
    const target = httpTo(server.url, { retry: { attempts: 3, backoff: "1ms", maxWait: "2s" } });
    const { stored, parked } = await runEngine(store, target, { limits: { ...QUICK.limits, brokenMs: 6_000 } });
    expect(parked.size).toBe(0);
    expect(stored.replayed + stored.failed).toBe(600);
    // Without the breaker each of the 500 would have been tried away.
    expect(stored.failed).toBeLessThan(25);
  });

  test("to get ready for as long as a request may wait is parked", async () => {
    const server = await serve(({ path }) =>
      path.includes("/b/") ? { do: "error", status: 429, name: "ModelNotReadyException" } : { do: "answer" },
    );
    const store = await filled();
    const target = {
      sagemaker: { endpoint: "{model}", region: "us-east-1", url: server.url },
      retry: { attempts: 3, backoff: "10ms", maxWait: "100ms" },
    };
    const { run, parked, stored } = await runEngine(store, target);
    expect([...parked]).toEqual([["b", "endpoint_not_ready"]]);
    expect(stored).toMatchObject({ replayed: 90, failed: 1 });
    const [failure] = (await readResults(store, run)).filter(({ outcome }) => outcome !== "ok");
    expect(failure).toMatchObject({ model: "b", outcome: "not_ready", coldStart: null });
  });
});

test("what fails more often than the retry budget allows is stored as what it was, and counted", async () => {
  const server = await serve(({ before }) =>
    before < 2 ? { do: "answer", status: 500, body: "no" } : { do: "answer" },
  );
  const store = memoryStore();
  await writeCapture(store, rows(0, 100, ["a"]));
  const target = httpTo(server.url, { retry: { attempts: 5, backoff: "1ms", maxWait: "2s", budget: 0.1 } });
  const { stored, engine } = await runEngine(store, target);
  expect(stored.replayed).toBe(100);
  // The first ten, and a tenth of a hundred.
  expect(stored.attempts).toBe(server.seen.length);
  expect(stored.attempts).toBeLessThanOrEqual(120);
  expect(stored.attempts).toBeGreaterThan(110);
  expect(engine.overBudget).toBeGreaterThan(80);
});

test("endpoints whose queues stand still do not keep out the inputs of the others", async () => {
  const hanging = new Set(["/a/invocations", "/b/invocations", "/client/c/invocations"]);
  let others = 0;
  const server = await serve(({ path }) => {
    if (!hanging.has(path)) others++;
    return hanging.has(path) && others < 30 ? { do: "answer", status: 429, delayMs: 20 } : { do: "answer" };
  });
  const store = memoryStore();
  const input = new TextEncoder().encode(`"${"x".repeat(2_000)}"`);
  const records = Array.from({ length: 120 }, (_, i) =>
    row({ model: MODELS[i % 4] as string, offset: BigInt(i), input }),
  );
  await writeCapture(store, records, 30);
  // A quarter of it is for inputs: five of these.
  const limits = { ...QUICK.limits, bufferBytes: 64_000 };
  const target = httpTo(server.url, { retry: { attempts: 3, backoff: "5ms", maxWait: "60s" } });
  const { stored } = await runEngine(store, target, { limits });
  expect(stored.replayed).toBe(120);
});

test("a production target that begins to fail is left alone: in flight is stored, nothing more is sent, not even again", async () => {
  const server = await serve(({ index }) => (index < 100 ? { do: "answer" } : { do: "answer", status: 503 }));
  const store = memoryStore();
  await writeCapture(store, rows(0, 400, MODELS));
  const target = httpTo(server.url, {
    production: true,
    rate: { total: 400 },
    concurrency: { perEndpoint: 2, total: 4 },
    retry: { attempts: 5, backoff: "1ms", maxWait: "2s" },
  });
  const { run, engine } = await runEngine(store, target);
  expect(engine.ended).toMatchObject({ reason: "production_errors" });
  // Two of a hundred, and what was on the wire.
  expect(server.seen.length).toBeLessThanOrEqual(102 + 4);
  expect((await readResults(store, run)).length).toBeGreaterThanOrEqual(100);
});
