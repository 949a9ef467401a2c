import { describe, expect, test } from "vitest";
import { listCaptures, parseCaptureFooter } from "../../../src/lake/captures.ts";
import type { CaptureFooter } from "../../../src/lake/footer.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { rows, writeCapture } from "../../replay/world.ts";

async function all(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, footer } of listCaptures(store)) found.push(`${key} ${footer.captured}`);
  return found;
}

describe("the capture objects of a store", () => {
  test("come in key order, more than are read ahead, with footers", async () => {
    const store = memoryStore();
    const expected: string[] = [];
    for (let i = 0; i < 40; i++) expected.push(`${await writeCapture(store, rows(i * 3, 3, ["m"]))} 3`);
    expect(await all(store)).toEqual(expected);
  });

  test("are read by ranges: the footer alone until columns are asked for", async () => {
    const store = memoryStore();
    const wide = rows(0, 200, ["m"]).map((r) => ({ ...r, input: crypto.getRandomValues(new Uint8Array(20_000)) }));
    const key = await writeCapture(store, wide);
    const size = (await store.head(key))?.size ?? 0;
    let bytes = 0;
    const counting: Store = {
      ...store,
      async get(name, range, signal) {
        const got = await store.get(name, range, signal);
        bytes += got.byteLength;
        return got;
      },
    };
    for await (const { reader } of listCaptures(counting)) {
      const { model = [] } = await reader.read(0, ["model"]);
      expect(model.length).toBe(50);
    }
    expect(bytes).toBeLessThan(size / 2);
  });

  test("leave out names that lakes hide", async () => {
    const store = memoryStore();
    await store.put("captures/_SUCCESS", new Uint8Array());
    await store.put("captures/a@00000000/0/.part", new Uint8Array());
    expect(await all(store)).toEqual([]);
  });

  test("stop at an object of somebody else", async () => {
    const store = memoryStore();
    await store.put("captures/team/old.parquet", new Uint8Array([1]));
    await expect(all(store)).rejects.toMatchObject({
      code: "PARQUET_FOREIGN",
      details: { place: "memory: captures/team/old.parquet" },
    });
  });

  test("stop at a truncated object", async () => {
    const store = memoryStore();
    const key = await writeCapture(store, rows(0, 3, ["m"]));
    const bytes = await store.get(key);
    await store.put(key, bytes.subarray(0, bytes.length - 20));
    await expect(all(store)).rejects.toMatchObject({ code: "PARQUET_CORRUPT" });
  });
});

describe("a capture footer is refused when", () => {
  const range = { log: "t@00000000", partition: 2, first: 10n };
  const footer: CaptureFooter = {
    log: "t@00000000",
    partition: 2,
    first: "10",
    last: "14",
    captured: 3,
    rejected: 1,
    sampledOut: 0,
    tombstones: 0,
    absent: 1,
    gaps: [],
    minTime: 1,
    maxTime: 2,
    firstSha: null,
    contentSha256: "x",
    rejects: null,
  };
  test("nothing: it is sound", () => {
    expect(parseCaptureFooter("k", footer, range, 3)).toEqual(footer);
  });
  test.each<[string, unknown, number]>([
    ["it is not there", null, 3],
    ["a member is missing", { ...footer, absent: undefined }, 3],
    ["it stands under another key", { ...footer, first: "11", absent: 0 }, 3],
    ["it counts other rows than the file holds", footer, 2],
    ["its counts do not add up to its positions", { ...footer, rejected: 2 }, 3],
  ])("%s", (_name, meta, count) => {
    expect(() => parseCaptureFooter("k", meta, range, count)).toThrow(
      expect.objectContaining({ code: "PARQUET_CORRUPT" }),
    );
  });
});
