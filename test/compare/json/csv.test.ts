import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvToJson } from "../../../compare/json/csv.ts";
import { linesToJson } from "../../../compare/json/lines.ts";

const rowsOf = (text: string, header = false): unknown => {
  const read = csvToJson(text, header);
  return "json" in read ? JSON.parse(read.json) : read.reason;
};

describe("csvToJson", () => {
  test("reads back whatever was written by the rules of RFC 4180", () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom("", '"', ",", "\n", "\r\n", "a,b", 'say "yes"', "é", "7", "nan"),
    );
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 1 })),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        (rows, end, last) => {
          const text = rows.map((row) => row.map(quoted).join(",")).join(end) + (last && rows.length > 0 ? end : "");
          expect(rowsOf(text)).toEqual(rows);
        },
      ),
    );
  });

  test("never throws, and what it reads is JSON", () => {
    const piece = fc.constantFrom(
      '"',
      ",",
      "\n",
      "\r",
      "\r\n",
      "a",
      "1",
      "-",
      "nan",
      "inf",
      " ",
      "é",
      "\u0000",
      "\u2028",
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        fc.boolean(),
        (text, header) => {
          const read = csvToJson(text, header);
          if ("json" in read) JSON.parse(read.json.replaceAll(/NaN|-?Infinity/g, "0"));
          else expect(read.reason).toMatch(/^row [0-9]+: /);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["1,2\n3", [[1, 2], [3]]],
    ["", []],
    ["\n", [[]]],
    ["a\n\nb", [["a"], [], ["b"]]],
    ["1,", [[1, ""]]],
    [",\n", [["", ""]]],
    ["007,+1,.5,1.,1e3,0x1", [["007", "+1", ".5", "1.", 1000, "0x1"]]],
    [' 1,"1"', [[" 1", "1"]]],
    ['a"b', [['a"b']]],
    ['"a"b', "row 1: cannot read the cell at offset 0"],
    ['1\n"a', "row 2: cannot read the cell at offset 2"],
  ])("reads %j", (text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  test.each([
    ["a,b\n1,x\n2", [{ a: 1, b: "x" }, { a: 2 }]],
    ["a,b", []],
    ["", []],
    ["a,a\n1,2", "row 1: a name stands twice in the header"],
    ["a\n1\n1,2", "row 3: more cells than the header has names"],
  ])("reads %j with a header", (text, rows) => {
    expect(rowsOf(text, true)).toEqual(rows);
  });

  test("a cell of many megabytes costs no stack", () => {
    const [[cell]] = rowsOf(`"${'a""'.repeat(3e6)}"`) as [[string]];
    expect(cell.length).toBe(6e6);
  });
});

describe("linesToJson", () => {
  test("reads back whatever JSON stands a value a line", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom("\n", "\r\n", "\n\n", "\n \t\n"), (values, end) => {
        const read = linesToJson(values.map((value) => JSON.stringify(value) + end).join(""));
        expect("json" in read && JSON.parse(read.json)).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  test.each([
    ["1,2", "line 1: text after the document at offset 1"],
    ["1\n[2\n3]", "line 2: expected `,` or `]` at offset 2"],
    ["1\n\ufeff2", "line 2: a byte-order mark inside the text"],
  ])("%j is refused", (text, reason) => {
    expect(linesToJson(text)).toEqual({ reason });
  });
});
