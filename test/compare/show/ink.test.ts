import fc from "fast-check";
import { expect, test } from "vitest";
import { show } from "../../../compare/report/terminal.ts";
import { displayWidth } from "../../../compare/report/text.ts";
import { fill } from "../../../compare/show/ink.ts";

test("a break brings no command of a CI runner to the start of a line, wherever it falls", () => {
  const part = fc.constantFrom("x", ":", "::", "::error::", " ", "日本", "xxxxxxxxxx");
  const text = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, fc.integer({ min: 8, max: 40 }), (one, other, columns) => {
      const pieces = [one, other].map((value) => ({ text: show(value), paint: (same: string) => same }));
      const lines = fill(pieces, columns, 50);
      for (const line of lines) {
        expect(line.trimStart()).not.toMatch(/^::/);
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(fill([{ text: `${"x".repeat(20)}::error::`, paint: (same) => same }], 20, 9)).toEqual([
    "x".repeat(20),
    "\\u003a:error::",
  ]);
});
