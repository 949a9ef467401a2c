import { describe, expect, test } from "vitest";
import { queueStage } from "../../replay/queue.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { rows, sessionOf, writeCapture } from "./world.ts";

describe("a cap on a replay that workers do", () => {
  test.each([
    ["maxRequests", "--max-requests"],
    ["maxErrors", "--max-errors"],
    ["maxCost", "--max-cost"],
    ["maxDuration", "--max-duration"],
  ])("%s is refused before anything is pinned or published", async (cap, flag) => {
    const store = memoryStore();
    await writeCapture(store, rows(0, 10, ["m"]));
    const session = sessionOf(store, { t: { http: { url: "http://127.0.0.1:1/" } } });
    await expect(queueStage(session, { target: "t", [cap]: "1" })).rejects.toMatchObject({
      code: "USAGE",
      details: { received: `${flag} with --queue` },
    });
    const keys: string[] = [];
    for await (const { key } of store.list("runs/")) keys.push(key);
    expect(keys).toEqual([]);
  });
});
