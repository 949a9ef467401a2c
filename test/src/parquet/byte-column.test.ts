/** Our packing of byte strings against hyparquet-writer's general path, which must give the same file. */
import fc from "fast-check";
import type { BoundaryOrder, SchemaElement } from "hyparquet";
import { xxhash64 } from "hyparquet/src/xxhash.js";
import { ByteWriter } from "hyparquet-writer";
import { sbbfInsert } from "hyparquet-writer/src/bloom.js";
import { writeColumn } from "hyparquet-writer/src/column.js";
import type { PageIndexes } from "hyparquet-writer/src/types.js";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { BloomFilter } from "../../../src/parquet/bloom.ts";
import { packByteColumn } from "../../../src/parquet/byte-column.ts";
import { PageBuffer } from "../../../src/parquet/chunk.ts";
import type { ByteColumn } from "../../../src/parquet/types.ts";
import { Word64, xxHash64 } from "../../../src/parquet/xxhash.ts";
import { compressPage } from "../../../src/parquet/zstd.ts";

type Value = Uint8Array | null;

/** The values one behind the other, between other bytes. */
function columnOf(values: readonly Value[]): ByteColumn {
  const chunk = Buffer.concat(values.flatMap((value) => [Buffer.of(0xaa), value ?? Buffer.alloc(0)]));
  const starts: number[] = [];
  let at = 0;
  for (const value of values) {
    starts.push(at + 1);
    at += 1 + (value?.length ?? 0);
  }
  return {
    rows: values.length,
    chunks: [chunk],
    chunk: new Int32Array(values.length),
    start: Int32Array.from(starts),
    length: Int32Array.from(values, (value) => value?.length ?? -1),
  };
}

interface Written {
  readonly bytes: Buffer;
  readonly indexes: PageIndexes;
}

function ours(values: readonly Value[], element: SchemaElement, bloom = false): Written {
  const writer = new ByteWriter();
  writer.appendUint32(0);
  const buffer = new PageBuffer();
  const indexes = packByteColumn(writer, columnOf(values), { element, bloom, bounds: true, buffer });
  return { bytes: Buffer.from(writer.getBytes()), indexes };
}

function theirs(values: Value[], element: SchemaElement, bloomFilter = false): Written {
  const writer = new ByteWriter();
  writer.appendUint32(0);
  const nullable = element.repetition_type === "OPTIONAL";
  const indexes = writeColumn({
    writer,
    column: {
      columnName: element.name,
      element,
      schemaPath: [{ name: "" }, element],
      codec: "ZSTD",
      compressors: { ZSTD: compressPage },
      stats: true,
      pageSize: LIMITS.pageBytes,
      columnIndex: true,
      offsetIndex: true,
      encoding: "PLAIN",
      bloomFilter,
    },
    pageData: {
      values,
      definitionLevels: nullable ? values.map((value) => (value === null ? 0 : 1)) : [],
      repetitionLevels: [],
      maxDefinitionLevel: nullable ? 1 : 0,
    },
  });
  return { bytes: Buffer.from(writer.getBytes()), indexes };
}

/** Without members that are undefined, and bytes as hex: the same for views and copies. */
function plain(value: unknown): unknown {
  if (value instanceof Uint32Array) return Buffer.from(value.buffer).toString("hex");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

function expectSame(values: Value[], element: SchemaElement, bloom = false): void {
  const mine = ours(values, element, bloom);
  const other = theirs(values, element, bloom);
  expect(mine.bytes.equals(other.bytes)).toBe(true);
  const index = other.indexes.columnIndex;
  // Across a page of nulls alone hyparquet-writer 0.17.0 compares nothing, and calls pages ordered that are not.
  if (index?.null_pages.includes(true)) index.boundary_order = orderOfPages(values, mine.indexes);
  expect(plain(mine.indexes)).toEqual(plain(other.indexes));
}

/** The plain reading of the format: the order of the pages that hold values, by their least and by their greatest. */
function orderOfPages(values: readonly Value[], { offsetIndex }: PageIndexes): BoundaryOrder {
  const starts = (offsetIndex?.page_locations ?? []).map(({ first_row_index }) => Number(first_row_index));
  const pages = starts.map((start, i) => values.slice(start, starts[i + 1]).filter((value) => value !== null));
  const sorted = pages.filter((page) => page.length > 0).map((page) => page.sort(Buffer.compare));
  const holds = (fits: (order: number) => boolean): boolean =>
    sorted.slice(1).every((page, i) => {
      const before = sorted[i] as Uint8Array[];
      const pairs = [0, -1].map((end) => [before.at(end), page.at(end)] as [Uint8Array, Uint8Array]);
      return pairs.every(([a, b]) => fits(Buffer.compare(a, b)));
    });
  if (holds((order) => order <= 0)) return "ASCENDING";
  return holds((order) => order >= 0) ? "DESCENDING" : "UNORDERED";
}

const REQUIRED: SchemaElement = { name: "input", type: "BYTE_ARRAY", repetition_type: "REQUIRED" };
const OPTIONAL: SchemaElement = { ...REQUIRED, repetition_type: "OPTIONAL" };
const TEXT: SchemaElement = { ...OPTIONAL, converted_type: "UTF8", logical_type: { type: "STRING" } };

/** Short and long values, with shared beginnings, and some that fill a page alone. */
const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 3 }).map((tail) => Buffer.concat([Buffer.alloc(30, 0xff), tail])),
  fc
    .record({ fill: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 60_000, max: 300_000 }) })
    .map(({ fill, length }) => new Uint8Array(length).fill(fill)),
);

describe("a column of byte strings is packed as hyparquet-writer packs it:", () => {
  test("required bytes", () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 30 }), (values) => expectSame(values, REQUIRED)),
      { numRuns: 60 },
    );
  });

  test("bytes with nulls, also pages of nulls alone", () => {
    const runs = fc.array(
      fc.oneof(
        bytes.map((value) => [value]),
        fc.constant<Value[]>([null, null]),
      ),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(runs, (values) => expectSame(values.flat(), OPTIONAL)),
      { numRuns: 60 },
    );
    expectSame([null, null, null], OPTIONAL);
    const page = (fill: number): Uint8Array => new Uint8Array(300_000).fill(fill);
    expectSame([page(2), null, page(3), null, null, page(1)], OPTIONAL);
    expectSame([new Uint8Array(300_000), null, new Uint8Array(300_000), null], OPTIONAL);
  });

  test("text, whose bounds are cut between characters", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 }).map((value): Value => Buffer.from(value));
    const long = fc.constantFrom("é", "😀", "\u{10ffff}").map((value): Value => Buffer.from(value.repeat(40_000)));
    fc.assert(
      fc.property(fc.array(fc.oneof(text, long, fc.constant(null)), { minLength: 1, maxLength: 20 }), (values) =>
        expectSame(values, TEXT),
      ),
      { numRuns: 60 },
    );
  });

  test.each([1, 30, 3_000, 40_000])("%i distinct ids, with the same bloom filter", (count) => {
    const ids = Array.from({ length: count }, (_, i): Value => Buffer.from(`id-${i}-${"x".repeat(i % 50)}`));
    expectSame(ids, { ...TEXT, repetition_type: "REQUIRED" }, true);
  });
});

describe("the bloom filter", () => {
  test("holds values that are repeated as if they were distinct, within its limit", () => {
    const filter = new BloomFilter(5_000);
    const reference = new Uint32Array(filter.words.length);
    for (let i = 0; i < 5_000; i++) {
      const value = Buffer.from(`value ${i % 10}`);
      filter.insert(value, 0, value.length);
      sbbfInsert(reference, xxhash64(value));
    }
    expect(filter.words).toEqual(reference);
    expect(new BloomFilter(100_000_000).words.byteLength).toBe(LIMITS.bloomFilterBytes);
  });
});

describe("XXH64", () => {
  test("is the reference's, for any bytes at any place", () => {
    const hash = new Word64();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (content, before) => {
        const padded = Buffer.concat([Buffer.alloc(before, 1), content, Buffer.alloc(9, 2)]);
        const { high, low } = xxHash64(padded, before, before + content.length, hash);
        expect((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toBe(xxhash64(content));
      }),
      { numRuns: 2_000 },
    );
  });

  // From the specification's own implementation, for the empty input and for "abc".
  test.each([
    ["", 0xef46db3751d8e999n],
    ["abc", 0x44bc2cf5ad770999n],
  ])("of %j is the published value", (text, expected) => {
    const content = Buffer.from(text);
    const { high, low } = xxHash64(content, 0, content.length, new Word64());
    expect((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toBe(expected);
  });
});
