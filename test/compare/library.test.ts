import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printJson } from "../../compare/library/values.ts";
import { body, type CompareOptions, compare, createComparator, type Rule } from "../../compare/library.ts";
import { toMatchParity } from "../../compare/matcher.ts";
import { isCutoverError } from "../../src/errors.ts";

expect.extend({ toMatchParity });
declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: the parameter must be that of vitest's own declaration.
  interface Matchers<T = any> {
    toMatchParity(legacy: unknown, rules?: CompareOptions | readonly Rule[]): T;
  }
}

const score: Rule = { path: "$.score", type: "number", atol: 0.1, rtol: 0 };

describe("compare", () => {
  test("plain values are compared exactly when no rule says otherwise", () => {
    expect(compare({ a: 1, b: [true, null] }, { b: [true, null], a: 1.0 })).toMatchObject({
      outcome: "match",
      passes: true,
    });
    const { passes, findings } = compare({ a: 1 }, { a: 2 });
    expect([passes, findings[0]?.path, findings[0]?.kind, findings[0]?.rule]).toEqual([
      false,
      "$.a",
      "value",
      "default",
    ]);
  });

  test("rules are those of cutover.yaml", () => {
    expect(compare({ score: 0.5 }, { score: 0.55 }, [score]).passes).toBe(true);
    expect(compare({ score: 0.5 }, { score: 0.65 }, { rules: [score] }).passes).toBe(false);
  });

  test("a path without rule is uncovered when there is no default, and does not pass", () => {
    const { passes, uncovered } = compare(
      { score: 0.5, x: 1 },
      { score: 0.51, x: 1 },
      { rules: [score], default: null },
    );
    expect([passes, uncovered]).toEqual([false, ["$.x"]]);
  });

  test("ignored differences pass, and are told, until their day is over", () => {
    const rules: Rule[] = [{ path: "$.t", type: "ignore", reason: "wall time", owner: "me", expires: "2026-11-23" }];
    expect(compare({ t: 1 }, { t: 2 }, { rules, today: "2026-11-23" })).toMatchObject({
      outcome: "ignored",
      passes: true,
      ignored: [{ field: "$.t", kind: "value" }],
    });
    expect(compare({ t: 1 }, { t: 2 }, { rules, today: "2026-11-24" }).passes).toBe(false);
  });

  test("bodies are compared as they came, by their type and status", () => {
    expect(compare(body("0.5,a\n", { type: "text/csv" }), body("0.50,a\r\n", { type: "text/csv" })).passes).toBe(true);
    expect(compare(body("{}"), body("{}", { status: 500 })).findings[0]?.kind).toBe("error_new");
    expect(compare(body("{"), body("{}")).notComparable).toBe("legacy_unparseable");
    expect(compare(new TextEncoder().encode('{"n":9007199254740993}'), { n: 9007199254740993n }).passes).toBe(true);
    expect(compare({ n: 9007199254740993n }, { n: 9007199254740992n }).passes).toBe(false);
  });

  test("a plain value that looks like an answer is a value", () => {
    const value = { status: 500, type: "a", body: "b" };
    expect(compare(value, { ...value, status: 501 }).findings[0]?.path).toBe("$.status");
  });

  test("a custom rule holds its function; a throw is no pass", () => {
    const near: Rule = { path: "$.a", type: "custom", use: (a, b) => Math.abs(Number(a) - Number(b)) < 2 };
    expect(compare({ a: 1 }, { a: 2 }, [near]).passes).toBe(true);
    expect(compare({ a: 1 }, { a: 9 }, [near]).findings[0]?.kind).toBe("value");
    const throws: Rule = {
      path: "$.a",
      type: "custom",
      use: () => {
        throw new Error("on purpose");
      },
    };
    expect(compare({ a: 1 }, { a: 2 }, [throws]).findings[0]?.kind).toBe("rule_error");
  });

  test("rules that cannot be read are told all at once, each at its place", () => {
    let caught: unknown;
    try {
      const wrong = [
        { ...score, atl: 1 },
        { path: "$.v", type: "vector", method: "quantile", limit: 1 },
      ];
      createComparator(wrong as unknown as Rule[]);
    } catch (error) {
      caught = error;
    }
    expect(isCutoverError(caught, "CONFIG") && caught.message).toMatch(
      /2 faults in the rules[\s\S]*rules\[0\]\.atl[\s\S]*did you mean `atol`[\s\S]*rules\[1\]\n {4}a quantile needs its q/,
    );
  });

  test("a module cannot stand for a function here", () => {
    expect(() => compare(1, 2, [{ path: "$", type: "custom", use: "./a.mjs#b" } as unknown as Rule])).toThrow(
      /function of a custom rule is not there/,
    );
  });
});

describe("printJson", () => {
  test("is JSON.stringify for all that JSON can say", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // A value of JSON text: of zeros JSON.stringify drops the sign, and the case below holds that we keep it.
        expect(printJson(JSON.parse(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each([
    [Number.NaN, "NaN"],
    [[Number.NEGATIVE_INFINITY, -0], "[-Infinity,-0]"],
    [{ a: 2n ** 64n, b: undefined, c: [undefined] }, '{"a":18446744073709551616,"c":[null]}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["\ud800", '"\\ud800"'],
  ])("keeps %s", (value, text) => {
    expect(printJson(value)).toBe(text);
  });

  test("refuses what is no value", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [undefined, () => 1, Symbol("s"), cycle]) expect(() => printJson(value)).toThrow(TypeError);
  });
});

describe("toMatchParity", () => {
  test("passes and fails as compare does, and not is the contrary", () => {
    expect({ score: 0.55 }).toMatchParity({ score: 0.5 }, [score]);
    expect({ score: 0.9 }).not.toMatchParity({ score: 0.5 }, [score]);
    expect([1, 2]).toMatchParity([1, 2]);
  });

  test("says where, by which rule, and both values", () => {
    const fail = () =>
      expect({ score: 0.9, l: ["a"] }).toMatchParity({ score: 0.5, l: ["a", "b".repeat(99)] }, [score]);
    expect(fail).toThrowError(
      [
        "expected the new answer to match the legacy one",
        "  $.score: value (rule number)",
        "    legacy: 0.5",
        "    new:    0.9 (+0.4)",
        "  $.l: length (rule default)",
        `    legacy: ["a","${"b".repeat(73)}…`,
        '    new:    ["a"]',
      ].join("\n"),
    );
  });

  test("shows the first ten of many", () => {
    const zeros = Array(14).fill(0);
    expect(() => expect({ z: zeros.map((_, i) => i + 1) }).toMatchParity({ z: zeros })).toThrowError(/… and 4 more$/);
  });

  test("says what could not be compared, and what no rule covers", () => {
    expect(() => expect(body("1")).toMatchParity(body("{"))).toThrowError(/not comparable: legacy_unparseable/);
    expect(() => expect([1]).toMatchParity([1.0, 2].slice(0, 1), { default: null })).not.toThrow();
    expect(() => expect([2]).toMatchParity([1], { default: null })).toThrowError(
      /no rule and no default for: \$\[\*\]/,
    );
  });

  test("not tells what was ignored", () => {
    const rules: Rule[] = [{ path: "$.t", type: "ignore", reason: "r", owner: "o", expires: "2999-01-01" }];
    expect(() => expect({ t: 1 }).not.toMatchParity({ t: 2 }, rules)).toThrowError(/it does \(ignored: \$\.t\)/);
  });
});
