import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  captureKey,
  commitKey,
  diffsKey,
  parseCaptureKey,
  parseCommitKey,
  parseRejectsKey,
  rejectsKey,
  reportKey,
  sanitiseLogName,
  summaryKey,
  unitPrefix,
} from "../../../src/lake/keys.ts";

const log = fc
  .tuple(fc.string({ maxLength: 30 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  .map(([name, id]) => `${sanitiseLogName(name)}@${id.toString(16).padStart(8, "0")}`);
const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const range = fc.record({ log, partition: fc.nat(), first: offset });
const run = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/);

describe("keys as the design writes them", () => {
  const id = { log: "inference@0a1b2c3d", partition: 5, first: 42n };
  test.each([
    [captureKey(id), "captures/inference@0a1b2c3d/5/00000000000000000042.parquet"],
    [
      rejectsKey(id, 99n, "0123456789abcdef"),
      "rejects/inference@0a1b2c3d/5/00000000000000000042-00000000000000000099-01234567.parquet",
    ],
    [commitKey("r1", id, 3, 7), "replays/r1/inference@0a1b2c3d~5~00000000000000000042~3~000007.parquet"],
    [diffsKey("r1", "abc", id), "compares/r1/abc/diffs/inference@0a1b2c3d~5~00000000000000000042.parquet"],
    [summaryKey("r1", "abc"), "compares/r1/abc/summary.json"],
    [reportKey("r1", "abc"), "compares/r1/abc/report.html"],
  ])("%s", (key, expected) => {
    expect(key).toBe(expected);
  });
});

describe("laws", () => {
  test("a capture key reads back as its range", () => {
    fc.assert(
      fc.property(range, (id) => {
        expect(parseCaptureKey(captureKey(id))).toEqual(id);
      }),
    );
  });

  test("a commit key reads back as its unit and number", () => {
    fc.assert(
      fc.property(run, range, fc.nat(999), fc.nat(999_999), (r, id, bucket, n) => {
        expect(parseCommitKey(commitKey(r, id, bucket, n))).toEqual({ run: r, ...id, bucket, n });
        expect(commitKey(r, id, bucket, n).startsWith(unitPrefix(r, id, bucket))).toBe(true);
      }),
    );
  });

  test("key order is position order within a partition, and n order within a unit", () => {
    fc.assert(
      fc.property(range, offset, fc.nat(999_999), fc.nat(999_999), (id, other, n, m) => {
        expect(captureKey(id) < captureKey({ ...id, first: other })).toBe(id.first < other);
        expect(commitKey("r", id, 0, n) < commitKey("r", id, 0, m)).toBe(n < m);
      }),
    );
  });

  test("a sanitised log name breaks neither a key nor a unit", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(sanitiseLogName(name)).toMatch(/^[A-Za-z0-9-][A-Za-z0-9._-]{0,199}$/);
        expect(sanitiseLogName(name)).not.toMatch(/^\.\.?$|\.\./);
        expect(sanitiseLogName(sanitiseLogName(name))).toBe(sanitiseLogName(name));
      }),
    );
  });
});

test.each([
  ["_internal", "x-_internal"],
  [".hidden", "x-.hidden"],
  ["", "x-"],
  ["inference", "inference"],
])("the log of %j is %s, which Athena and Spark do not leave out", (name, log) => {
  expect(sanitiseLogName(name)).toBe(log);
});

test("a rejects key says its range and the beginning of its hash", () => {
  fc.assert(
    fc.property(range, offset, (id, last) => {
      expect(parseRejectsKey(rejectsKey(id, last, "0123456789abcdef"))).toEqual({ ...id, last, sha8: "01234567" });
    }),
  );
});

test.each([
  "captures/log@1/0/42.parquet",
  "captures/log@1/0/00000000000000000042.parquet.tmp",
  "captures/a/b/0/00000000000000000042.parquet",
  "rejects/log@1/0/00000000000000000042.parquet",
])("%s is not a capture key", (key) => {
  expect(parseCaptureKey(key)).toBeUndefined();
});
