import { describe, expect, test } from "vitest";
import { asFailed, lastLine, NO_REASON, refusedSkips } from "./reporter.ts";
import { requireOrSkip } from "./require.ts";

const services = "services not running: npm run services";

describe("the last line", () => {
  test.each([
    [{ passed: 3, failed: 0, skipped: new Map() }, "3 passed, 0 failed"],
    [
      {
        passed: 212,
        failed: 1,
        skipped: new Map([
          [services, 6],
          ["pyarrow missing", 3],
        ]),
      },
      `212 passed, 1 failed, 9 skipped (3 pyarrow missing; 6 ${services})`,
    ],
  ])("%#", (counts, expected) => {
    expect(lastLine(counts)).toBe(expected);
  });
});

describe("a run that ends with an error although no test failed", () => {
  const counts = { passed: 3, failed: 0, skipped: new Map() };

  test("counts one failure: a global setup, or a refused skip", () => {
    expect(lastLine(asFailed(counts, 1))).toBe("3 passed, 1 failed");
  });

  test.each([0, undefined])("counts none when it ends with %s", (exitCode) => {
    expect(asFailed(counts, exitCode)).toBe(counts);
  });

  test("does not count a failure twice", () => {
    expect(asFailed({ ...counts, failed: 2 }, 1).failed).toBe(2);
  });
});

describe("CUTOVER_REQUIRE", () => {
  const counts = (reason: string) => ({ passed: 0, failed: 0, skipped: new Map([[reason, 2]]) });
  test.each([
    [services, [], false],
    [services, ["services"], true],
    ["pyarrow missing", ["services"], false],
    ["pyarrow missing", ["services", "pyarrow"], true],
    [NO_REASON, ["services"], true],
    [NO_REASON, [], false],
  ])("%s under %j is refused: %s", (reason, required, refused) => {
    expect(refusedSkips(counts(reason), required).length > 0).toBe(refused);
  });
});

test("what is available is not skipped", () => {
  expect(requireOrSkip(services, true)).toBe(false);
});
