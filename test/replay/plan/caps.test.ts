import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capLimitsOf, settingsUnderCost } from "../../../replay/plan/caps.ts";
import { createMeter } from "../../../replay/plan/meter.ts";
import { money, priceOf } from "../../../replay/plan/price.ts";
import { replayStage } from "../../../replay/stage.ts";
import { failure, type Target, type TargetRequest } from "../../../replay/targets/target.ts";
import { targetSchema } from "../../../src/config/schema.ts";
import { readSkips } from "../../../src/lake/run.ts";
import { testClock } from "../../support/clock.ts";
import { filled, serve } from "../serving.ts";
import { httpTo, QUICK, readResults, sessionOf, text } from "../world.ts";

const NO_LIMITS = { requests: null, errors: null, cost: null, durationMs: null };

describe("flags", () => {
  test("are counts, an amount and a duration", () => {
    expect(capLimitsOf({})).toEqual(NO_LIMITS);
    expect(capLimitsOf({ maxRequests: "10", maxErrors: "1", maxCost: "2.50", maxDuration: "10m" })).toEqual({
      requests: 10,
      errors: 1,
      cost: 2.5,
      durationMs: 600_000,
    });
  });

  test.each([
    { maxRequests: "0" },
    { maxRequests: "1e3" },
    { maxErrors: "-1" },
    { maxCost: "0" },
    { maxCost: "2,50" },
    { maxCost: "$5" },
    { maxDuration: "10" },
    { maxDuration: "soon" },
  ])("%j are refused with what is expected", (flags) => {
    expect(() => capLimitsOf(flags)).toThrow(
      expect.objectContaining({ code: "USAGE", details: expect.objectContaining({ expected: expect.any(String) }) }),
    );
  });

  const settings = (more: object) => targetSchema.parse({ http: { url: "http://h" }, ...more });
  test("--max-cost needs a price, and room for one try that takes its whole time-out", () => {
    const limits = { ...NO_LIMITS, cost: 0.01 };
    expect(() => settingsUnderCost(settings({}), "t", limits)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining("what a request costs") }),
    );
    const dear = settings({ timeout: "60s", price: { gbSecond: 1 } });
    expect(() => settingsUnderCost(dear, "t", limits)).toThrow(
      expect.objectContaining({ code: "USAGE", details: expect.objectContaining({ received: "0.01" }) }),
    );
  });

  test("under --max-cost so few are in flight that they hold back a tenth of it at most", () => {
    const priced = settings({ timeout: "10s", price: { gbSecond: 0.0001, memoryGb: 2 } });
    const { concurrency } = settingsUnderCost(priced, "t", { ...NO_LIMITS, cost: 1 });
    expect(concurrency.total).toBe(50);
    expect(settingsUnderCost(priced, "t", { ...NO_LIMITS, cost: 100 }).concurrency.total).toBe(200);
    expect(settingsUnderCost(priced, "t", NO_LIMITS)).toBe(priced);
  });
});

test("a price counts tries, and the time that they took", () => {
  expect(priceOf({ perRequest: 0.1, gbSecond: 0.5, memoryGb: 4 }, 3, 2_000)).toBeCloseTo(0.3 + 4, 12);
});

test.each([
  [0, "0.00"],
  [1.5, "1.50"],
  [1234.567, "1234.57"],
  [0.5, "0.50"],
  [0.000123, "0.00012"],
])("%d is written %s", (amount, expected) => {
  expect(money(amount)).toBe(expected);
});

describe("a meter never lets a call pass what it may cost", () => {
  const price = { perRequest: 0.1, gbSecond: 0.01, memoryGb: 1 };
  test("whatever tries take, up to their time-out, and however many are in flight", async () => {
    const tries = fc.array(fc.record({ at: fc.nat(30), ms: fc.integer({ min: 0, max: 1_000 }) }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.2, max: 4, noNaN: true }), tries, async (cost, plan) => {
        const clock = testClock();
        const waiting: { until: number; done: () => void }[] = [];
        const target: Target = {
          name: "t",
          kind: "http",
          endpoint: () => ({ key: "e", address: "/" }),
          send: ({ id }) =>
            new Promise((resolve) => {
              waiting.push({ until: clock.monotonic() + Number(id), done: () => resolve(failure("timeout", "x", "")) });
            }),
          close: async () => {},
        };
        const limits = { ...NO_LIMITS, cost };
        const meter = createMeter({ limits, settings: { price, timeout: 1_000 }, target, clock, startedAt: 0 });
        const pending: Promise<unknown>[] = [];
        let refused = 0;
        for (let now = 0; now < 1_100; now++) {
          for (const each of waiting.filter(({ until }) => until === now)) each.done();
          await new Promise(setImmediate);
          for (const { ms } of plan.filter(({ at }) => at === now)) {
            if (meter.mayTry()) pending.push(meter.target.send({ id: `${ms}` } as TargetRequest));
            else refused++;
          }
          for (const each of waiting.filter(({ until }) => until === now)) each.done();
          clock.advance(1);
        }
        await Promise.all(pending);
        expect(meter.cost).toBeLessThanOrEqual(cost * (1 + 1e-9) + price.gbSecond / 1000);
        if (refused > 0) expect(meter.caps.ending()).toMatchObject({ reason: "max_cost" });
        else expect(pending.length).toBe(plan.length);
      }),
      { numRuns: 40 },
    );
  });

  test("what only requests cost is spent to the last one", () => {
    const target = { send: async () => failure("timeout", "x", "") } as unknown as Target;
    const flat = { perRequest: 0.1, gbSecond: 0, memoryGb: 1 };
    const limits = { ...NO_LIMITS, cost: 0.3 };
    const settings = { price: flat, timeout: 60_000 };
    const meter = createMeter({ limits, settings, target, clock: testClock(), startedAt: 0 });
    let sent = 0;
    while (meter.mayTry()) {
      void meter.target.send({} as TargetRequest);
      sent++;
    }
    expect(sent).toBe(3);
  });
});

// A machine that is busy with other things makes these slow.
describe("a call that ends at a cap", { timeout: 120_000 }, () => {
  test("--max-requests: the server sees so many tries, retries among them, and the same command goes on", async () => {
    // Every third try is refused for a moment, so that tries are more than requests.
    const server = await serve(({ index }) => (index % 3 === 0 ? { do: "answer", status: 503 } : { do: "answer" }));
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url, { retry: { attempts: 9, backoff: "2ms" } }) });
    let calls = 0;
    let before = 0;
    for (;;) {
      const result = await replayStage(session, { target: "t", maxRequests: "50" }, QUICK);
      calls++;
      expect(server.seen.length - before).toBeLessThanOrEqual(50);
      before = server.seen.length;
      const stored = await readResults(store, result.run);
      expect(result.replayed + result.failed).toBe(stored.length);
      if (!result.ended) {
        expect(result).toMatchObject({ planned: 120, replayed: 120, skipped: {} });
        // What one undisturbed call would have stored.
        expect(stored.map(({ offset, output }) => [offset, text(output)])).toEqual(
          Array.from({ length: 120 }, (_, i) => [BigInt(i), `{"n":${i}}`]),
        );
        expect((await readSkips(store, result.run)).models).toEqual({});
        break;
      }
      expect(result.ended).toMatchObject({ by: "max_requests", at: expect.any(Number) });
      expect(result.skipped).toEqual({ max_requests: 120 - stored.length });
    }
    expect(calls).toBeGreaterThan(2);
  });

  test("exactly at the last request it has not ended early", async () => {
    const server = await serve();
    const session = sessionOf(await filled(), { t: httpTo(server.url) });
    const result = await replayStage(session, { target: "t", maxRequests: "120" }, QUICK);
    expect(result).toMatchObject({ replayed: 120, skipped: {} });
    expect(result.ended).toBeUndefined();
  });

  test("--max-errors: ends when so many have failed", async () => {
    const server = await serve(() => ({ do: "answer", status: 422, body: "no" }));
    const broken = await serve(() => ({
      do: "raw",
      text: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
      close: true,
    }));
    const store = await filled();
    const retry = { attempts: 1 };
    const targets = { t: httpTo(server.url), u: httpTo(broken.url, { retry, concurrency: { total: 3 } }) };
    const fine = await replayStage(sessionOf(store, targets), { target: "t", maxErrors: "5" }, QUICK);
    // An error that the model answers is an answer.
    expect(fine).toMatchObject({ replayed: 120, failed: 0 });
    const result = await replayStage(sessionOf(store, targets), { target: "u", maxErrors: "5" }, QUICK);
    expect(result.ended).toMatchObject({ by: "max_errors" });
    expect(result.failed).toBeGreaterThanOrEqual(5);
    expect(result.failed).toBeLessThanOrEqual(5 + 3);
    expect(broken.seen.length).toBe(result.failed);
    expect(result.skipped).toEqual({ max_errors: 120 - result.failed });
  });

  test("--max-cost: what the tries cost is in the result, and is not more", async () => {
    const server = await serve();
    const price = { perRequest: 0.01 };
    const session = sessionOf(await filled(), { t: httpTo(server.url, { price }) });
    const result = await replayStage(session, { target: "t", maxCost: "0.25" }, QUICK);
    expect(result.ended).toMatchObject({ by: "max_cost", detail: expect.stringContaining("0.25 of 0.25") });
    expect(server.seen.length).toBe(25);
    expect(result.now.cost).toBeCloseTo(0.25, 9);
  });

  test("--max-duration: what is on the wire finishes, is stored, and the next call sends the rest", async () => {
    const server = await serve(() => ({ do: "answer", delayMs: 40 }));
    const store = await filled();
    const session = sessionOf(store, { t: httpTo(server.url, { concurrency: { perEndpoint: 1, total: 2 } }) });
    const result = await replayStage(session, { target: "t", maxDuration: "300ms" }, QUICK);
    expect(result.ended).toMatchObject({ by: "max_duration" });
    expect(result.replayed).toBe(server.seen.length);
    expect(result.skipped).toEqual({ max_duration: 120 - result.replayed });
    const rest = await replayStage(session, { target: "t" }, QUICK);
    expect(rest).toMatchObject({ run: result.run, replayed: 120, resent: 0, skipped: {} });
    expect(server.seen.length).toBe(120);
  });

  test("names the parked models as parked and only the others as capped", async () => {
    const server = await serve(({ path }) => ({ do: "answer", status: path.startsWith("/b") ? 404 : 200 }));
    const session = sessionOf(await filled(), { t: httpTo(server.url, { concurrency: { perEndpoint: 1, total: 4 } }) });
    const result = await replayStage(session, { target: "t", maxRequests: "40" }, QUICK);
    expect(result.skipped.endpoint_missing).toBe(30);
    expect(result.skipped.max_requests).toBe(120 - 30 - result.replayed);
  });
});
