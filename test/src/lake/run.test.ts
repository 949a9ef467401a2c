import { describe, expect, test } from "vitest";
import { runKey, skipsKey } from "../../../src/lake/keys.ts";
import { listRuns, type Run, readRun, readSkips, resolveRun } from "../../../src/lake/run.ts";
import { memoryStore } from "../../../src/store/memory.ts";

function sampleRun(run: string, createdAt = 1): Run {
  return {
    version: 1,
    run,
    queryHash: "0".repeat(64),
    generation: 0,
    createdAt,
    query: { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null },
    target: { name: "candidate", kind: "http", hash: "0".repeat(64) },
    transform: null,
    buckets: 4,
    objects: [],
    models: { a: 3 },
    planned: 3,
    toolVersion: "0.1.0",
  };
}

async function storeWith(runs: Readonly<Record<string, unknown>>) {
  const store = memoryStore();
  for (const [key, value] of Object.entries(runs)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await store.put(key, new TextEncoder().encode(text));
  }
  return store;
}

describe("readRun", () => {
  test("gives back what was written", async () => {
    const store = await storeWith({ [runKey("r1")]: sampleRun("r1") });
    expect(await readRun(store, "r1")).toEqual(sampleRun("r1"));
  });

  test("a run that is not there is RUN_MISSING and names those that are", async () => {
    const store = await storeWith({ [runKey("r1")]: sampleRun("r1") });
    await expect(readRun(store, "r2")).rejects.toMatchObject({
      code: "RUN_MISSING",
      details: { expected: "one of r1", hint: "cutover runs" },
    });
  });

  test.each([
    ["not JSON", "{"],
    ["not UTF-8 text of JSON", "\ufffd"],
    ["of another version", { ...sampleRun("r1"), version: 2 }],
    ["without its objects", { ...sampleRun("r1"), objects: undefined }],
    ["with a count that is none", { ...sampleRun("r1"), planned: -1 }],
  ])("a run.json %s is RUN_INVALID, with its key", async (_name, value) => {
    const store = await storeWith({ [runKey("r1")]: value });
    await expect(readRun(store, "r1")).rejects.toMatchObject({ code: "RUN_INVALID", details: { place: runKey("r1") } });
  });
});

describe("resolveRun", () => {
  test("without a name it is the run created last", async () => {
    const store = await storeWith({
      [runKey("b")]: sampleRun("b", 30),
      [runKey("a")]: sampleRun("a", 10),
      [runKey("c")]: sampleRun("c", 20),
      "runs/stray.txt": "x",
    });
    expect(await listRuns(store)).toEqual(["a", "b", "c"]);
    expect((await resolveRun(store, undefined)).run).toBe("b");
    expect((await resolveRun(store, "a")).run).toBe("a");
  });

  test("a store without runs says what makes the first", async () => {
    await expect(resolveRun(memoryStore(), undefined)).rejects.toMatchObject({
      code: "RUN_MISSING",
      details: { hint: "cutover replay --target NAME" },
    });
  });
});

test("skips are nothing until they are written", async () => {
  expect(await readSkips(memoryStore(), "r1")).toEqual({ version: 1, models: {} });
  const skips = { version: 1, models: { a: { endpoint_missing: 2 } } };
  expect(await readSkips(await storeWith({ [skipsKey("r1")]: skips }), "r1")).toEqual(skips);
});
