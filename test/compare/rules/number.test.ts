import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { judge, modelOf } from "../pair-cases.ts";

type Row = [legacy: string, candidate: string, atol: number, rtol: number, width: number, passes: boolean];
const oracle = JSON.parse(
  readFileSync(new URL("../../../fixtures/parity/number-isclose.json", import.meta.url), "utf8"),
) as { rows: Row[] };

test("number passes exactly where numpy.isclose does", () => {
  expect(oracle.rows.length).toBeGreaterThan(500);
  for (const [legacy, candidate, atol, rtol, width, passes] of oracle.rows) {
    const model = modelOf([{ path: "$[0]", type: "number", atol, rtol, width }]);
    const { outcome } = judge(model, `[${legacy}]`, `[ ${candidate}]`);
    expect(outcome, `${legacy} ${candidate} ${atol} ${rtol} ${width}`).toBe(passes ? "match" : "mismatch");
  }
});
