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

  test("bodies of every type match themselves, and any two are judged without a throw", () => {
    const type = fc.constantFrom(
      "text/csv",
      "text/csv; header=present",
      "application/x-ndjson",
      "text/plain",
      "image/png",
    );
    const piece = fc.constantFrom("1", "nan", '"', ",", "\n", "\r\n", "a", "{}", "[1]", " ", "\ufeff", "\ud800");
    const content = fc.oneof(
      wildText,
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(type, content, content, rules, fallback, (media, a, b, some, otherwise) => {
        const model = modelOf(some, otherwise);
        const answer = (body: string) => ({ type: media, body });
        expect(judge(model, answer(a), answer(a)).outcome).toBe("match");
        const result = judge(model, answer(a), answer(b));
        const gates = result.findings.some((finding) => finding.gates);
        const judged = gates ? "mismatch" : result.ignored.length > 0 ? "ignored" : "match";
        expect(result.outcome).toBe(result.notComparable === null ? judged : "notComparable");
      }),
      { numRuns: 1_000 },
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

  describe("widening never adds a mismatch, whatever the parameter", () => {
    const number = fc.oneof(fc.double({ min: 0, max: 1 }), fc.double(), fc.constantFrom(0, 1, 0.5));
    const texts = fc.tuple(number, number, fc.array(fc.tuple(number, number), { maxLength: 4 })).map(([a, b, rest]) => {
      const text = (side: 0 | 1) =>
        `[${[side === 0 ? a : b, ...rest.map((both) => both[side])].map(String).join(",")}]`;
      return [text(0), text(1)] as const;
    });
    // Far apart in steps of any size: of two doubles that come as they like, hardly any lie within a number of steps.
    const steps = fc
      .tuple(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), fc.nat(40))
      .map(([x, n]) => [`[${x}]`, `[${stepsAbove(x, 2n ** BigInt(n))}]`] as const);
    const ids = fc
      .tuple(...[0, 1].map(() => fc.uniqueArray(fc.nat(5), { minLength: 1 })))
      .map((some) => some.map(print));
    const distributions = fc
      .array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 4 })
      .filter((rows) => rows.some(([p]) => p > 0) && rows.some(([, q]) => q > 0))
      .map((rows) => {
        const share = (side: 0 | 1) => rows.map((row) => row[side] / rows.reduce((sum, one) => sum + one[side], 0));
        return [print(share(0)), print(share(1))];
      });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const count = fc.nat(6);
    type Rule = Record<string, unknown>;
    const rows: readonly (readonly [
      string,
      fc.Arbitrary<readonly string[]>,
      fc.Arbitrary<number>,
      (at: number) => Rule,
    ])[] = [
      ["ulp max", steps, fc.nat(40).map((n) => 2 ** n), (max) => ({ path: "$[*]", type: "ulp", max })],
      ["decision band", texts, unit, (band) => ({ path: "$[*]", type: "decision", threshold: 0.5, band })],
      ["label margin", texts, unit, (margin) => ({ path: "$", type: "label", margin })],
      ["time tolerance", texts, count, (n) => ({ path: "$[*]", type: "time", unit: "s", tolerance: `${n}00ms` })],
      ["topk places", ids, count, (places) => ({ path: "$", type: "topk", k: 3, overlap: 1, places })],
      ["topk overlap", ids, fc.nat(3), (less) => ({ path: "$", type: "topk", k: 3, overlap: 3 - less })],
      [
        "kendall min",
        ids,
        unit,
        (less) => ({ path: "$", type: "rank", method: "kendall", min: 1 - 2 * less, partial: true }),
      ],
      ["rbo min", ids, unit, (less) => ({ path: "$", type: "rank", method: "rbo", min: 1 - less, partial: true })],
      ["vector max", texts, unit, (limit) => ({ path: "$", type: "vector", method: "max", limit })],
      ["vector l2", texts, unit, (limit) => ({ path: "$", type: "vector", method: "l2", limit })],
      ["vector quantile", texts, unit, (limit) => ({ path: "$", type: "vector", method: "quantile", q: 0.5, limit })],
      ["cosine limit", texts, unit, (less) => ({ path: "$", type: "vector", method: "cosine", limit: 1 - 2 * less })],
      ["probs divergence", distributions, unit, (divergence) => ({ path: "$", type: "probs", divergence })],
    ];
    test.each(rows)("%s", (_name, pairs, parameter, rule) => {
      let [matched, told] = [0, 0];
      fc.assert(
        fc.property(pairs, parameter, parameter, ([a = "", b = ""], one, other) => {
          const [narrow, wide] = [Math.min(one, other), Math.max(one, other)];
          const outcome = (at: number) => judge(modelOf([rule(at)], null), a, ` ${b}`).outcome;
          if (outcome(narrow) === "match") expect(outcome(wide)).toBe("match");
          matched += Number(outcome(wide) === "match");
          told += Number(outcome(wide) !== outcome(narrow));
        }),
        { numRuns: 2_000 },
      );
      // The law would hold for a rule that passes nothing, or all: it must have been put to the test.
      expect([matched > 0, told > 0]).toEqual([true, true]);
    });
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

/** The double so many places above one that is positive. */
function stepsAbove(value: number, steps: bigint): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + steps);
  return bits.getFloat64(0);
}
