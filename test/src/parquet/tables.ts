/** Arbitrary tables of every dataset, and the awkward values that each column type must keep. */
import fc from "fast-check";
import { expect } from "vitest";
import {
  CAPTURES,
  type ColumnSpec,
  type ColumnType,
  DIFFS,
  REJECTS,
  REPLAYS,
  type TableSpec,
} from "../../../src/record.ts";

export const TABLES: readonly TableSpec[] = [CAPTURES, REJECTS, REPLAYS, DIFFS];

export type Columns = Record<string, unknown[]>;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Values at the edges, by column type. */
export const EDGES: Readonly<Record<ColumnType, readonly unknown[]>> = {
  string: [
    "",
    "\u0000",
    "\ufeffbom",
    "é",
    "e\u0301",
    "😀",
    "\uffff",
    "\u{10ffff}",
    "\u2028",
    "a".repeat(70_000),
    "null",
    "\ufffd",
  ],
  json: [
    "null",
    "{}",
    "[]",
    "[5]",
    '"x"',
    '{"n":9007199254740993,"f":1.0}',
    '{"a":1,"a":2}',
    " 1 ",
    '"\\ud800"',
    "\ufeff1",
    "not json",
  ],
  bytes: [
    new Uint8Array(),
    new Uint8Array([0]),
    new Uint8Array([0xff, 0xfe, 0x80]),
    utf8('{"score":1.0}'),
    new Uint8Array(300_000).fill(0xff),
  ],
  int32: [0, 1, -1, 2_147_483_647, -2_147_483_648],
  int64: [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  double: [
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    5e-324,
    1.7976931348623157e308,
    0.1,
    2 ** 53,
  ],
  boolean: [true, false],
  timestamp: [0, -1, 1_700_000_000_123, 8.64e15, -8.64e15],
};

const ARBITRARY: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  string: fc.string({ unit: "binary", maxLength: 40 }),
  json: fc.json(),
  bytes: fc.uint8Array({ maxLength: 400 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  double: fc.double(),
  boolean: fc.boolean(),
  timestamp: fc.integer({ min: -8.64e15, max: 8.64e15 }),
};

/** Values of one column: few distinct ones (dictionaries), all alike (runs), all null, or any. */
function columnOf({ type, nullable }: ColumnSpec, rows: number): fc.Arbitrary<unknown[]> {
  const value = fc.oneof(ARBITRARY[type], fc.constantFrom(...EDGES[type]));
  const array = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
    fc.array(arbitrary, { minLength: rows, maxLength: rows });
  const shapes = [
    array(value),
    value.chain((only) => array(fc.constant(only))),
    fc.array(value, { minLength: 1, maxLength: 3 }).chain((few) => array(fc.constantFrom(...few))),
  ];
  if (nullable) shapes.push(array(fc.option(value)), fc.constant(new Array(rows).fill(null)));
  return fc.oneof(...shapes);
}

export function rowGroup(table: TableSpec, maxRows: number): fc.Arbitrary<Columns> {
  return fc
    .integer({ min: 1, max: maxRows })
    .chain((rows) =>
      fc.record(Object.fromEntries(table.columns.map((column) => [column.name, columnOf(column, rows)]))),
    );
}

/** One row group in which every edge value of every column type stands, with nulls between where allowed. */
export function edgeRows(table: TableSpec): Columns {
  const rows = 2 * Math.max(...table.columns.map(({ type }) => EDGES[type].length));
  return Object.fromEntries(
    table.columns.map(({ name, type, nullable }) => {
      const edges = EDGES[type];
      const values = Array.from({ length: rows }, (_, i) => (nullable && i % 3 === 2 ? null : edges[i % edges.length]));
      return [name, values];
    }),
  );
}

/** Simple, well-formed rows: `n` of them, with the values given. */
export function plainRows(
  table: TableSpec,
  rows: number,
  given: Readonly<Record<string, (row: number) => unknown>> = {},
): Columns {
  const standard: Readonly<Record<ColumnType, (row: number) => unknown>> = {
    string: (row) => `text ${row}`,
    json: (row) => `{"row":${row}}`,
    bytes: (row) => utf8(`{"row":${row}}`),
    int32: (row) => row,
    int64: (row) => BigInt(row),
    double: (row) => row / 4,
    boolean: (row) => row % 2 === 0,
    timestamp: (row) => 1_700_000_000_000 + row,
  };
  return Object.fromEntries(
    table.columns.map(({ name, type }) => [
      name,
      Array.from({ length: rows }, (_, row) => (given[name] ?? standard[type])(row)),
    ]),
  );
}

/** Equality that tells -0 from 0 and looks at bytes, whatever array class holds them. */
export function expectSame(actual: readonly Columns[], expected: readonly Columns[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((columns, group) => {
    for (const [name, values] of Object.entries(columns)) {
      const read = actual[group]?.[name] ?? [];
      expect(read.length).toBe(values.length);
      const row = values.findIndex((value, i) => !same(read[i], value));
      if (row >= 0) expect({ name, group, row, value: read[row] }).toEqual({ name, group, row, value: values[row] });
    }
  });
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}
