import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";

test("sleep resolves after its time by the monotonic clock", async () => {
  const start = systemClock.monotonic();
  await systemClock.sleep(20);
  expect(systemClock.monotonic() - start).toBeGreaterThanOrEqual(19);
});

test("sleep rejects with the signal's reason, at once when it is aborted already", async () => {
  const reason = new Error("enough");
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test("now is UTC milliseconds", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
});
