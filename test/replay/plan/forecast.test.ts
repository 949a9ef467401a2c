import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Forecast, renderForecast } from "../../../replay/plan/forecast.ts";
import { spread } from "../../../replay/plan/latency.ts";
import { longest } from "../../../replay/plan/pace.ts";
import { forecastStage } from "../../../replay/planned.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { httpTo, row, rows, sessionOf, writeCapture } from "../world.ts";

const URL = "http://127.0.0.1:9";

describe("how long it takes is what the slowest limit asks for", () => {
  const loads = [
    { model: "a", endpoint: "A", requests: 1_000, latencyMs: 100 },
    { model: "b", endpoint: "B", requests: 100, latencyMs: 400 },
    { model: "c", endpoint: "B", requests: 100, latencyMs: 400 },
  ];
  test.each([
    [{ perEndpoint: 10, total: 100 }, {}, 10, { limit: "concurrency", endpoint: "A" }],
    [{ perEndpoint: 10, total: 12 }, {}, 15, { limit: "total concurrency" }],
    [{ perEndpoint: 10, total: 100 }, { total: 60 }, 20, { limit: "total rate" }],
    [{ perEndpoint: 10, total: 100 }, { perEndpoint: 50, total: 200 }, 20, { limit: "rate", endpoint: "A" }],
    [{ perEndpoint: 1, total: 100 }, { perEndpoint: 50 }, 100, { limit: "concurrency", endpoint: "A" }],
  ])("concurrency %j, rate %j", (concurrency, rate, seconds, boundBy) => {
    expect(longest(loads, concurrency, rate)).toEqual({ seconds, boundBy });
  });

  test("of nothing is no time", () => {
    expect(longest([], { perEndpoint: 1, total: 1 }, {}).seconds).toBe(0);
  });
});

test("few of many are evenly spread", () => {
  expect(spread([1, 2, 3], 5)).toEqual([1, 2, 3]);
  expect(
    spread(
      Array.from({ length: 100 }, (_, i) => i),
      4,
    ),
  ).toEqual([12, 37, 62, 87]);
});

async function lake(latency: (model: string) => number | null): Promise<Store> {
  const store = memoryStore();
  for (const first of [0, 40]) {
    const some = rows(first, 40, ["a", "b"]).map((r) => row({ ...r, latencyMs: latency(r.model) }));
    await writeCapture(store, some, 15);
  }
  return store;
}
const price = { perRequest: 0.001, gbSecond: 0.01, memoryGb: 2 };
const plan = (store: Store, more: object = {}, options: object = {}): Promise<Forecast> =>
  forecastStage(sessionOf(store, { t: httpTo(URL, more) }), { target: "t", ...options });

describe("a dry run", () => {
  test("takes the latency of each model from what legacy took, and the cost from it", async () => {
    const store = await lake((model) => (model === "a" ? 100 : 300));
    const found = await plan(store, { price, concurrency: { perEndpoint: 2, total: 100 } });
    expect(found).toMatchObject({
      latencyOf: "legacy",
      assumedLatencyMs: expect.any(Number),
      minimumSeconds: 6,
      boundBy: { limit: "concurrency", endpoint: `${URL}/b/invocations` },
    });
    expect(found.models.a?.cost).toBeCloseTo(40 * (0.001 + 0.1 * 0.02), 9);
    expect(found.models.b?.cost).toBeCloseTo(40 * (0.001 + 0.3 * 0.02), 9);
    expect(found.cost).toBeCloseTo(40 * (0.002 + 0.4 * 0.02), 9);
  });

  test("says that nothing tells the latency, and has no cost without a price", async () => {
    const found = await plan(await lake(() => null));
    expect(found).toMatchObject({ latencyOf: "nothing", cost: null, models: { a: { cost: null } } });
    const text = renderForecast(found);
    expect(text).toContain("a guess");
    expect(text).not.toContain("cost");
  });

  test("names a production target, its rate, and what limits it", async () => {
    const found = await plan(await lake(() => 10), { price, production: true, rate: { total: 4 } });
    expect(found).toMatchObject({ production: true, rate: { total: 4 }, minimumSeconds: 20 });
    const text = renderForecast(found);
    expect(text).toContain("→ t (PRODUCTION)");
    expect(text).toContain("rate         4/s in total");
    expect(text).toContain("at least     20s, by the total rate");
    expect(text).toContain("cost         0.096 without retries");
  });

  test("reads no input and no output", async () => {
    const store = memoryStore();
    // No compression makes these smaller.
    const body = (n: number): Uint8Array => randomBytes(3_000 + (n % 7));
    const some = Array.from({ length: 400 }, (_, i) =>
      row({ model: `m${i % 5}`, offset: BigInt(i), input: body(i), output: body(i + 7), latencyMs: 5 }),
    );
    const key = await writeCapture(store, some, 100);
    const whole = await store.get(key);
    let read = 0;
    const counted: Store = {
      ...store,
      async get(at, range, signal) {
        const bytes = await store.get(at, range, signal);
        if (at === key) read += bytes.length;
        return bytes;
      },
    };
    const found = await plan(counted, {}, { limit: "10" });
    expect(found).toMatchObject({ planned: 50, latencyOf: "legacy" });
    // Two footers' worth of bytes from the end, and small columns: payloads are many times that.
    expect(whole.length).toBeGreaterThan(1_000_000);
    expect(read).toBeLessThan(2 * 64 * 1024 + 40_000);
    // By the share of the rows that are selected.
    expect(found.inputBytes).toBeGreaterThan((50 * 3_000) / 1.2);
    expect(found.inputBytes).toBeLessThan(50 * 3_000 * 1.2);
  });
});
