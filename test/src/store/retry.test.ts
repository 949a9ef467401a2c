import { expect, test } from "vitest";
import { CutoverError } from "../../../src/errors.ts";
import { type RetryPolicy, withRetry } from "../../../src/store/retry.ts";
import { testClock } from "../../support/clock.ts";

const passing = new CutoverError("STORE_UNAVAILABLE", "timed out");
const lasting = new CutoverError("STORE_DENIED", "refused");

async function run(results: readonly (CutoverError | "ok")[]) {
  const told: [string, number][] = [];
  const policy: RetryPolicy = {
    attempts: 3,
    baseMs: 10,
    maxMs: 100,
    clock: testClock(),
    random: () => 0.5,
    onRetry: (error, attempt) => void told.push([error.code, attempt]),
  };
  const left = [...results];
  const result = await withRetry(policy, undefined, async () => {
    const next = left.shift();
    if (next === "ok") return next;
    throw next;
  }).catch((error: unknown) => error);
  return { result, told };
}

test.each([
  ["that succeed at once", ["ok"] as const, "ok", []],
  ["that succeed later", [passing, passing, "ok"] as const, "ok", [1, 2]],
  ["that never succeed: the last try is not made again", [passing, passing, passing] as const, passing, [1, 2]],
  ["that fail for good", [passing, lasting] as const, lasting, [1]],
])("each try that is made again is told, of calls %s", async (_name, results, expected, attempts) => {
  const { result, told } = await run(results);
  expect(result).toBe(expected);
  expect(told).toEqual(attempts.map((attempt) => ["STORE_UNAVAILABLE", attempt]));
});
