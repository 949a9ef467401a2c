import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyRule, safeValue, symmetricRule, wildText } from "./pair-arbitraries.ts";
import { judge, modelOf } from "./pair-cases.ts";

const rules = fc.array(anyRule, { maxLength: 4 });
const fallback = fc.constantFrom("exact" as const, null);
/** A value and another near it, so that pairs differ in little. */
const nearPair = fc.tuple(safeValue, safeValue, fc.nat(2)).map(([a, b, way]) => {
  if (way === 0) return [a, b] as const;
  return way === 1
    ? ([
        { a, b },
        { a, b: a },
      ] as const)
    : ([
        [a, b, a],
        [b, a, a],
      ] as const);
});
const print = (value: unknown) => JSON.stringify(value);

describe("laws of judgePair", () => {
  test("an answer matches itself, byte for byte, under any rules", () => {
    fc.assert(
      fc.property(fc.oneof(wildText, fc.string()), rules, fallback, (text, some, otherwise) => {
        expect(judge(modelOf(some, otherwise), text, text).outcome).toBe("match");
      }),
    );
  });

  test("an answer matches itself in other white space, where no rule asks for presence or absence", () => {
    const withoutPresence = rules.map((some) => some.filter((rule) => (rule as { type: string }).type !== "presence"));
    fc.assert(
      fc.property(wildText, withoutPresence, fallback, (text, some, otherwise) => {
        const result = judge(modelOf(some, otherwise), text, ` ${text}`);
        expect(result.outcome).toBe("match");
        expect(result.findings).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("any two answers are judged without a throw, and the outcome follows from the findings", () => {
    fc.assert(
      fc.property(wildText, wildText, rules, fallback, (legacy, candidate, some, otherwise) => {
        const result = judge(modelOf(some, otherwise), legacy, candidate);
        const gates = result.findings.some((finding) => finding.gates);
        expect(result.outcome).toBe(gates ? "mismatch" : result.ignored.length > 0 ? "ignored" : "match");
        expect(judge(modelOf(some, otherwise), legacy, candidate)).toEqual(result);
      }),
      { numRuns: 500 },
    );
  });

  test("the default, exact and an exact rule at `$..*` agree with a naive oracle on safe documents", () => {
    fc.assert(
      fc.property(nearPair, fc.nat(2), ([legacy, candidate], way) => {
        const some = [[], [{ path: "$", type: "exact" }], [{ path: "$..*", type: "exact" }]][way] ?? [];
        const [a, b] = [JSON.parse(print(legacy)), JSON.parse(print(candidate))];
        const { outcome } = judge(modelOf(some, way === 0 ? "exact" : null), print(legacy), `${print(candidate)} `);
        expect(outcome).toBe(isDeepStrictEqual(a, b) ? "match" : "mismatch");
      }),
      { numRuns: 1_000 },
    );
  });

  test("symmetric rules judge both ways alike", () => {
    fc.assert(
      fc.property(nearPair, fc.array(symmetricRule, { maxLength: 4 }), fallback, ([a, b], some, otherwise) => {
        const model = modelOf(some, otherwise);
        expect(judge(model, print(a), print(b)).outcome).toBe(judge(model, print(b), print(a)).outcome);
      }),
      { numRuns: 1_000 },
    );
  });

  test("widening a tolerance never adds a mismatch", () => {
    const literal = fc.oneof(
      wildText,
      fc.double({ min: -2, max: 2 }).map(String),
      fc.bigInt(2n ** 53n - 4n, 2n ** 53n + 4n).map(String),
    );
    const list = fc.array(literal, { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(",")}]`);
    const size = fc.oneof(fc.constantFrom(0, 1, 1e-16), fc.double({ min: 0, max: 10, noNaN: true }));
    fc.assert(
      fc.property(list, list, fc.tuple(size, size, size, size), fc.constantFrom(32, 64), (a, b, sizes, width) => {
        const [atol, rtol, moreAtol, moreRtol] = sizes;
        const model = (one: number, other: number) =>
          modelOf([{ path: "$..*", type: "number", atol: one, rtol: other, width }]);
        const narrow = judge(model(atol, rtol), a, b).outcome;
        const wide = judge(model(atol + moreAtol, rtol + moreRtol), a, b).outcome;
        if (narrow === "match") expect(wide).toBe("match");
      }),
      { numRuns: 2_000 },
    );
  });

  test("shuffling the elements of a multiset or set, or doubling those of a set, changes nothing", () => {
    const shuffled = fc
      .array(safeValue, { maxLength: 6 })
      .chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })));
    fc.assert(
      fc.property(
        shuffled,
        fc.array(safeValue, { maxLength: 6 }),
        fc.constantFrom("multiset", "set"),
        ([a, b], other, mode) => {
          const model = modelOf([
            { path: "$", type: "list", mode },
            { path: "$[*]..*", type: "number", atol: 0.5, rtol: 0 },
          ]);
          expect(judge(model, print(a), `${print(b)} `).outcome).toBe("match");
          const findings = judge(model, print(a), print(other)).outcome;
          expect(judge(model, print(b), print(other)).outcome).toBe(findings);
          if (mode === "set") expect(judge(model, print(a), print([...b, ...b])).outcome).toBe("match");
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a multiset without inner rules agrees with counting", () => {
    const items = fc.array(fc.constantFrom(1, 2, "1", null, [1], { a: 1 }), { maxLength: 5 });
    const model = modelOf([{ path: "$", type: "list", mode: "multiset" }], null);
    const sorted = (list: readonly unknown[]) => list.map(print).sort();
    fc.assert(
      fc.property(items, items, (a, b) => {
        const same = isDeepStrictEqual(sorted(a), sorted(b));
        expect(judge(model, print(a), `${print(b)} `).outcome).toBe(same ? "match" : "mismatch");
      }),
      { numRuns: 500 },
    );
  });
});
