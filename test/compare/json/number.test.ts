import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonNumber } from "../../../compare/json/node.ts";
import { exactInteger, numberKey, sameNumber } from "../../../compare/json/number.ts";

const number = (raw: string): JsonNumber => ({ kind: "number", start: 0, end: raw.length, raw, value: Number(raw) });

describe("sameNumber", () => {
  test("agrees with the doubles below 10^15, whatever the literals", () => {
    const literal = fc.oneof(
      fc.double({ noNaN: true, min: -1e14, max: 1e14 }).map(String),
      fc.integer({ min: -20, max: 20 }).map((n) => `${n}.0e0`),
    );
    fc.assert(
      fc.property(literal, literal, (a, b) => {
        expect(sameNumber(number(a), number(b))).toBe(Number(a) === Number(b));
      }),
    );
  });

  test("agrees with BigInt for integers of any size, with any exponent", () => {
    const integer = fc.tuple(fc.bigInt(-(10n ** 40n), 10n ** 40n), fc.nat(3));
    const write = ([value, zeros]: [bigint, number]) => `${value}e${zeros}`;
    const exact = ([value, zeros]: [bigint, number]) => value * 10n ** BigInt(zeros);
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        expect(sameNumber(number(write(a)), number(write(b)))).toBe(exact(a) === exact(b));
        expect(sameNumber(number(write(a)), number(String(exact(a))))).toBe(true);
        expect(exactInteger(number(write(a)))).toBe(exact(a));
      }),
    );
  });

  test("is the same relation as equal keys", () => {
    const raws = [
      "0",
      "-0",
      "1e15",
      "999999999999999.99",
      "1000000000000000",
      "1e400",
      "-1e400",
      "Infinity",
      "NaN",
      "3e-400",
    ];
    for (const a of raws)
      for (const b of raws) {
        expect(sameNumber(number(a), number(b)), `${a} ${b}`).toBe(numberKey(number(a)) === numberKey(number(b)));
      }
  });

  test("takes exponents beyond any integer type", () => {
    expect(sameNumber(number("1e99999999999999999999"), number("10e99999999999999999998"))).toBe(true);
    expect(sameNumber(number("1e99999999999999999999"), number("1e99999999999999999998"))).toBe(false);
  });
});
