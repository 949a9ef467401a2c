import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, hashPosition, hashText, sha256Hex } from "../../src/hash.ts";

describe("golden values: they decide samples and buckets, so a change would be a change of format", () => {
  test.each([
    ["", 2872998923, 4195733450],
    ["a", 444641715, 3736780160],
    ["moderation/reviews", 3321416962, 1476506571],
    ["größe", 2538389087, 1473271431],
    ["\ud800", 1463727854, 3472468040],
  ])("hashText(%j)", (text, plain, seeded) => {
    expect([hashText(text), hashText(text, 7)]).toEqual([plain, seeded]);
  });

  test.each([
    ["inference@0a1b2c3d", 0, 0n, 3821707806, 3025430038],
    ["inference@0a1b2c3d", 0, 1n, 414037899, 2204001240],
    ["inference@0a1b2c3d", 5, 1n, 2480933907, 1624160776],
    ["inference@0a1b2c3d", 0, 2n ** 32n, 1688874330, 692090055],
    ["inference@0a1b2c3d", 0, 2n ** 63n - 1n, 247625076, 3118814091],
    ["x", 1, 1042n, 193716591, 2047358156],
  ])("hashPosition(%s/%i/%s)", (log, partition, offset, plain, seeded) => {
    const position = { log, partition, offset };
    expect([hashPosition(position), hashPosition(position, 7)]).toEqual([plain, seeded]);
  });
});

test("positions in a row are spread evenly: 64 buckets of 64,000, chi-squared below its 99.99 % quantile", () => {
  const buckets = new Array<number>(64).fill(0);
  for (let i = 0n; i < 64_000n; i++) {
    const bucket = Math.floor((hashPosition({ log: "t@00000000", partition: 3, offset: i }) / 2 ** 32) * 64);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const chiSquared = buckets.reduce((sum, n) => sum + (n - 1_000) ** 2 / 1_000, 0);
  expect(chiSquared).toBeLessThan(113);
});

test("sha256Hex over parts is sha256 over their concatenation", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (parts) => {
      expect(sha256Hex(...parts)).toBe(createHash("sha256").update(Buffer.concat(parts)).digest("hex"));
    }),
  );
});

describe("canonicalJson", () => {
  test("members are sorted at every depth, lists keep their order", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 1], a: null, "10": 1, "9": 2 })).toBe(
      '{"9":2,"10":1,"a":null,"b":[{"c":2,"d":1},1]}',
    );
  });

  test("equal values have equal text, whatever the order they were built in", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
