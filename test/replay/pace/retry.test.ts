import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextStep, RETRY_TABLE, type Step } from "../../../replay/pace/retry.ts";
import { HTTP_FATES, httpFate, sagemakerFate, socketFate } from "../../../replay/targets/classify.ts";
import type { Fate } from "../../../replay/targets/target.ts";

const settings = { attempts: 5, maxWait: 10_000, backoff: 100 };
const half = (): number => 0.5;

describe("after a try", () => {
  test.each<[Fate, number, number, Step]>([
    ["ok", 1, 0, { do: "store", outcome: "ok" }],
    ["model_error", 1, 0, { do: "store", outcome: "model_error" }],
    ["model_fault", 2, 0, { do: "wait", ms: 100 }],
    ["model_fault", 3, 0, { do: "store", outcome: "model_error" }],
    ["rejected_input", 1, 0, { do: "store", outcome: "rejected_input" }],
    ["too_large", 1, 0, { do: "store", outcome: "too_large" }],
    ["unavailable", 1, 0, { do: "wait", ms: 50 }],
    ["unavailable", 4, 0, { do: "wait", ms: 400 }],
    ["unavailable", 5, 0, { do: "store", outcome: "unavailable" }],
    ["connection", 5, 0, { do: "store", outcome: "connection" }],
    ["bad_response", 5, 0, { do: "store", outcome: "bad_response" }],
    ["timeout", 1, 0, { do: "wait", ms: 50 }],
    ["timeout", 2, 0, { do: "store", outcome: "timeout" }],
    ["throttled", 40, 9_000, { do: "wait", ms: 1_000 }],
    ["throttled", 40, 10_000, { do: "store", outcome: "throttled" }],
    ["not_ready", 40, 0, { do: "wait", ms: 10_000 }],
    ["not_ready", 3, 10_000, { do: "store", outcome: "not_ready" }],
    ["refused", 40, 10_000, { do: "wait", ms: 10_000 }],
    ["refused", 40, 120_000, { do: "store", outcome: "connection" }],
    ["missing", 1, 0, { do: "park", reason: "endpoint_missing" }],
    ["denied", 1, 0, { do: "park", reason: "endpoint_denied" }],
  ])("of fate %s, the %ith, having waited %i ms", (fate, attempts, waitedMs, expected) => {
    expect(nextStep(fate, { attempts, waitedMs }, settings, null, half)).toEqual(expected);
  });

  test("a pause that the endpoint asks for is kept, within maxWait", () => {
    const wait = (retryAfter: number) =>
      nextStep("throttled", { attempts: 1, waitedMs: 0 }, settings, retryAfter, half);
    expect(wait(3_000)).toEqual({ do: "wait", ms: 3_000 });
    expect(wait(60_000)).toEqual({ do: "wait", ms: 10_000 });
  });

  test("attempts: 1 sends once, whatever the class that counts tries", () => {
    for (const fate of ["model_fault", "unavailable", "timeout", "connection", "bad_response"] as const) {
      expect(nextStep(fate, { attempts: 1, waitedMs: 0 }, { ...settings, attempts: 1 }, null, half).do).toBe("store");
    }
  });

  test("of any fates in any order, tries come to an end, and waits stay within maxWait", () => {
    const fates = Object.keys(RETRY_TABLE).filter((fate) => fate !== "refused") as Fate[];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fates), { minLength: 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (order, chance) => {
          let waitedMs = 0;
          for (let attempts = 1; ; attempts++) {
            const fate = order[(attempts - 1) % order.length] as Fate;
            const step = nextStep(fate, { attempts, waitedMs }, { ...settings, maxWait: 500 }, null, () => chance);
            if (step.do !== "wait") break;
            expect(step.ms).toBeGreaterThan(0);
            waitedMs += step.ms;
            expect(waitedMs).toBeLessThanOrEqual(500);
          }
        },
      ),
    );
  });
});

describe("an answer means", () => {
  test.each<[number, number, Fate]>([
    [200, 200, "ok"],
    [299, 200, "ok"],
    [304, 200, "bad_response"],
    [400, 200, "model_error"],
    [404, 200, "missing"],
    [404, 404, "model_error"],
    [403, 200, "denied"],
    [403, 403, "model_error"],
    [415, 200, "model_error"],
    [429, 429, "throttled"],
    [500, 500, "model_fault"],
    [503, 503, "unavailable"],
    [507, 200, "model_fault"],
  ])("over HTTP, status %i where legacy answered %i: %s", (status, legacy, fate) => {
    expect(httpFate(status, legacy)).toBe(fate);
  });

  test("every listed status is a failure", () => {
    for (const status of Object.keys(HTTP_FATES)) expect(Number(status)).toBeGreaterThanOrEqual(400);
  });

  test.each<[string, number | null, string, Fate]>([
    ["ValidationError", 400, "Endpoint mod-a of account 12 not found.", "missing"],
    ["ValidationException", 400, "Could not find variant: the variant blue does not exist", "missing"],
    ["ValidationError", 400, "1 validation error detected: value at 'body'", "rejected_input"],
    ["ThrottlingException", 400, "Rate exceeded", "throttled"],
    ["ExpiredTokenException", 403, "", "denied"],
    ["SyntaxError", 502, "<html>", "unavailable"],
    ["SyntaxError", 404, "<html>", "missing"],
    ["Unknown", 418, "", "rejected_input"],
    ["Error", null, "socket hang up", "connection"],
  ])("from SageMaker, %s with %s %j: %s", (name, status, message, fate) => {
    expect(sagemakerFate(name, status, message)).toBe(fate);
  });

  test.each<[string, Fate]>([
    ["ECONNREFUSED", "refused"],
    ["ENOTFOUND", "refused"],
    ["UND_ERR_CONNECT_TIMEOUT", "refused"],
    ["ECONNRESET", "connection"],
    ["UND_ERR_SOCKET", "connection"],
    ["HPE_INVALID_CHUNK_SIZE", "bad_response"],
    ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "bad_response"],
  ])("as socket error %s: %s", (code, fate) => {
    expect(socketFate(code)).toBe(fate);
  });
});
