import fc from "fast-check";
import { expect, test } from "vitest";
import { CAPTURES, DIFFS, formatPosition, isModelName, parsePosition, REJECTS, REPLAYS } from "../../src/record.ts";

test.each([
  ["client-a/model_1@v2.0", true],
  ["a".repeat(128), true],
  ["a".repeat(129), false],
  ["", false],
  ["a..b", false],
  ["../etc", false],
  ["a b", false],
  ["größe", false],
  ["a\n", false],
  ["a?b", false],
])("model name %j: %s", (name, expected) => {
  expect(isModelName(name)).toBe(expected);
});

test("a position reads back as it was written, also when the log has slashes", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9@/.]{1,20}$/),
      fc.nat(),
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      (log, partition, offset) => {
        expect(parsePosition(formatPosition({ log, partition, offset }))).toEqual({ log, partition, offset });
      },
    ),
  );
});

test.each(["", "log", "log/1", "log/x/1", "log/1/-1", "/1/1"])("%j is not a position", (text) => {
  expect(parsePosition(text)).toBeUndefined();
});

test("every dataset has each column once, in camelCase, and its position last", () => {
  for (const { dataset, columns } of [CAPTURES, REJECTS, REPLAYS, DIFFS]) {
    const names = columns.map(({ name }) => name);
    expect(new Set(names).size, dataset).toBe(names.length);
    expect(
      names.every((name) => /^[a-z][A-Za-z0-9]*$/.test(name)),
      dataset,
    ).toBe(true);
    expect(names.slice(-3), dataset).toEqual(["log", "partition", "offset"]);
  }
});
