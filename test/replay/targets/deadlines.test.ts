import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeadlines } from "../../../replay/targets/deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("each item expires its own time after its start, once, unless it was ended", async () => {
  const expired: [string, number][] = [];
  const deadlines = createDeadlines<string>(100, (item) => expired.push([item, Math.round(performance.now())]));
  const origin = Math.round(performance.now());
  deadlines.start("a");
  await vi.advanceTimersByTimeAsync(30);
  deadlines.start("b");
  deadlines.start("c");
  await vi.advanceTimersByTimeAsync(20);
  expect(deadlines.end("b")).toBe(true);
  deadlines.start("d");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(expired.map(([item, at]) => [item, at - origin])).toEqual([
    ["a", 100],
    ["c", 130],
    ["d", 150],
  ]);
  expect(deadlines.end("a")).toBe(false);
});

test("an item that ended and starts again has its whole time again", async () => {
  const expired: string[] = [];
  const deadlines = createDeadlines<string>(100, (item) => expired.push(item));
  for (let i = 0; i < 5; i++) {
    deadlines.start("a");
    await vi.advanceTimersByTimeAsync(90);
    deadlines.end("a");
  }
  expect(expired).toEqual([]);
  deadlines.start("a");
  await vi.advanceTimersByTimeAsync(99);
  expect(expired).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(expired).toEqual(["a"]);
});
