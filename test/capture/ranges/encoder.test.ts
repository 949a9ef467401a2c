import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createChunkPool } from "../../../capture/ranges/chunks.ts";
import { encodeCaptures } from "../../../capture/ranges/encode.ts";
import { createEncoder } from "../../../capture/ranges/encoder.ts";
import { Range } from "../../../capture/ranges/range.ts";
import { LIMITS } from "../../../src/limits.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { Scratch } from "../../../src/parquet/write.ts";
import { CAPTURES } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { messageOf as jsonMessage, mapped } from "./rows-of.ts";

const ID = { log: "t@00000000", partition: 3 };
const KIB = 1024;

/** `rows` records with inputs of `bytes` each. */
function filled(rows: number, bytes: number, pool = createChunkPool(64 * KIB * KIB)): Range {
  const range = new Range(ID, 100n, 0, pool);
  for (let i = 0; i < rows; i++) {
    const message = jsonMessage(100n + BigInt(i), { id: `ä${i}`, model: `m${i % 7}`, input: "x".repeat(bytes - i) });
    range.capture(message, mapped(message));
  }
  return range;
}

function inline(range: Range) {
  const { id, first, rows } = range;
  return encodeCaptures({ id, first, footer: range.footer(null), columns: rows.columns }, new Scratch(KIB));
}

describe("a range that is worth a thread", () => {
  test.each([
    ["of many small rows", 1_500, 2_000],
    ["of rows larger than a chunk", 20, 200 * KIB],
  ])("%s becomes the same object there as here, and its rows come back as they were", async (_, rows, bytes) => {
    const range = filled(rows, bytes);
    expect(range.rows.heldBytes).toBeGreaterThan(LIMITS.captureEncodeInlineBytes);
    const here = inline(range);
    expect(Object.keys(here.footer.models ?? {})).toEqual(["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
    expect(Object.values(here.footer.models ?? {}).reduce((sum, n) => sum + n)).toBe(rows);
    const encoder = createEncoder();
    const block = range.rows.columns?.block.buffer;
    for (let again = 0; again < 2; again++) {
      const there = await encoder.captures(range, range.footer(null));
      expect(there.footer).toEqual(here.footer);
      expect(Buffer.compare(there.body, here.body)).toBe(0);
    }
    // It moved: what lay here before is empty now.
    expect(block?.detached).toBe(true);
  });

  test("gives its memory to the next range", async () => {
    const pool = createChunkPool(64 * KIB * KIB);
    const range = filled(2_000, 3_000, pool);
    await createEncoder().captures(range, range.footer(null));
    const memory = new Set(range.rows.columns?.payload.chunks.map(({ buffer }) => buffer));
    range.release();
    const next = filled(2_000, 3_000, pool);
    const reused = next.rows.columns?.payload.chunks.filter(({ buffer }) => memory.has(buffer));
    expect(reused?.length).toBeGreaterThan(50);
    expect(Buffer.compare(inline(next).body, inline(filled(2_000, 3_000)).body)).toBe(0);
  });

  test("that cannot be encoded is told of, and the next one is encoded", async () => {
    const bad = filled(1_000, 2_000);
    // No int32: what a bug would write.
    (bad.rows.columns as { block: { status: Float64Array } }).block.status[7] = 0.5;
    const good = filled(1_000, 2_000);
    const encoder = createEncoder();
    const both = [bad, good].map((range) => encoder.captures(range, range.footer(null)));
    await expect(both[0]).rejects.toThrow(/column status, row .* does not fit/);
    expect(Buffer.compare((await both[1])?.body as Uint8Array, inline(filled(1_000, 2_000)).body)).toBe(0);
  });
});

test.each([0n, 2n ** 32n - 1n, 2n ** 40n + 5n, 2n ** 53n - 2n, 2n ** 62n])(
  "the content's hash is that of position, lengths, status, input and output, from position %d on",
  async (first) => {
    const range = new Range(ID, first, 0, createChunkPool(0));
    const hash = createHash("sha256");
    for (let i = 0n; i < 5n; i++) {
      const message = jsonMessage(first + i, {
        input: `in${i}`,
        output: { n: Number(i) },
        status: i === 3n ? 2_147_483_647 : 503,
      });
      const fields = mapped(message);
      range.capture(message, fields);
      const header = Buffer.alloc(20);
      header.writeBigInt64LE(first + i);
      header.writeUInt32LE(fields.input.length, 8);
      header.writeUInt32LE(fields.output.length, 12);
      header.writeInt32LE(fields.status, 16);
      hash.update(header).update(fields.input).update(fields.output);
    }
    const { body, footer } = await createEncoder().captures(range, range.footer(null));
    expect(footer.contentSha256).toBe(hash.digest("hex"));
    const store = memoryStore();
    await store.put("captures/x", body);
    const object = await openObject(store, "captures/x", CAPTURES);
    const { offset } = await object.read(0, ["offset"]);
    expect(offset).toEqual([0n, 1n, 2n, 3n, 4n].map((i) => first + i));
  },
);

test("rejects become the same object in a thread as here", async () => {
  const range = (bytes: number): Range => {
    const filling = new Range(ID, 0n, 0, createChunkPool(0));
    const message = { ...jsonMessage(0n, { id: "a" }), value: Buffer.alloc(bytes, 0xff), valueBytes: bytes };
    filling.reject(message, { reason: "bad_json", detail: "not JSON" });
    return filling;
  };
  const encoder = createEncoder();
  const large = range(LIMITS.captureEncodeInlineBytes + 1);
  const there = await encoder.rejects(large);
  const here = await encoder.rejects({
    ...large,
    id: ID,
    first: 0n,
    next: 1n,
    rejects: large.rejects,
    bytes: 1,
  } as Range);
  expect(Buffer.compare(there, here)).toBe(0);
});

test("a range without a row is an object without a row group, and its hash is that of nothing", async () => {
  const range = new Range(ID, 5n, 0, createChunkPool(0));
  range.skipTo(9n);
  const { footer } = await createEncoder().captures(range, range.footer(null));
  expect(footer).toMatchObject({ first: "5", last: "8", captured: 0, absent: 4 });
  expect(footer.contentSha256).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
