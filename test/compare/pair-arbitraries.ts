/** Generated documents and rules over few names, so that paths meet values often. */
import fc from "fast-check";

const name = fc.constantFrom("a", "b", "c");

/** Values that JSON.parse keeps whole. */
export const safeScalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, 2, 0.5, "", "x", "X", "y"),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((value) => value + 0),
);

export const safeValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    safeScalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

/** JSON text with what plain values cannot say: literals of every sort, repeated members, escapes, bare numbers. */
export const wildText: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      "null",
      "true",
      "1",
      "1.0",
      "1e0",
      "-0",
      "1e400",
      "9007199254740993",
      "9".repeat(400),
      "NaN",
      "-Infinity",
    ),
    fc.constantFrom("5e-324", "3e-400", '"\\ud800"', '"\\u0000"', '"é"', '"e\\u0301"', "[]", "{}", '{"a":1,"a":2}'),
    fc.double().map(String),
    fc.array(tie("text"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(fc.tuple(name, tie("text")), { maxLength: 3 })
      .map((members) => `{${members.map(([key, value]) => `"${key}":${value}`).join(",")}}`),
  ),
})).text;

const path = fc
  .tuple(
    fc.array(fc.constantFrom(".a", ".b", ".c", "[*]", "[0]", '["a"]'), { maxLength: 3 }),
    fc.constantFrom("", "", "", "..*"),
  )
  .map(([steps, deep]) => `$${steps.join("")}${deep}`);
const weight = fc.constantFrom("gate", "gate", "advise");
const tolerance = fc.constantFrom(0, 1e-9, 0.1, 1, 10);

function ofType(shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return fc.record({ path, weight, ...shape });
}

/** Rules that say the same about (a, b) as about (b, a). */
export const symmetricRule: fc.Arbitrary<unknown> = fc.oneof(
  ofType({ type: fc.constant("exact") }),
  ofType({ type: fc.constant("number"), atol: tolerance, rtol: fc.constant(0), width: fc.constantFrom(32, 64) }),
  ofType({ type: fc.constant("string"), trim: fc.boolean(), case: fc.boolean(), nfc: fc.boolean() }),
  ofType({ type: fc.constant("decision"), threshold: fc.constantFrom(0, 0.5), band: fc.constantFrom(0, 0.1) }),
  ofType({ type: fc.constant("ulp"), max: fc.constantFrom(0, 1, 1_000_000), width: fc.constantFrom(32, 64) }),
  ofType({
    type: fc.constant("decimal"),
    scale: fc.integer({ min: -3, max: 3 }),
    rounding: fc.constantFrom("half-even", "half-up", "down"),
  }),
  ofType({ type: fc.constant("time"), unit: fc.constantFrom("s", "ms", "us"), tolerance: fc.constantFrom(0, "1s") }),
  ofType({ type: fc.constant("topk"), k: fc.integer({ min: 1, max: 4 }), places: fc.nat(2) }),
  ofType({
    type: fc.constant("rank"),
    method: fc.constantFrom("kendall", "spearman", "rbo"),
    min: fc.constantFrom(-1, 0, 0.9),
    partial: fc.boolean(),
  }),
  ofType({
    type: fc.constant("rank"),
    method: fc.constantFrom("kendall", "rbo"),
    min: fc.constant(0),
    id: fc.constant("a"),
    by: fc.constant("b"),
  }),
  ofType({
    type: fc.constant("vector"),
    method: fc.constantFrom("l2", "cosine", "max"),
    limit: fc.constantFrom(0, 0.5, 1),
  }),
  ofType({ type: fc.constant("list"), mode: fc.constantFrom("ordered", "multiset", "set") }),
  ofType({ type: fc.constant("list"), mode: fc.constant("keyed"), key: fc.constantFrom("a", "$.b", "[0]") }),
  ofType({ type: fc.constant("presence"), state: fc.constantFrom("required", "optional") }),
  ofType({
    type: fc.constant("ignore"),
    reason: fc.constant("r"),
    owner: fc.constant("o"),
    expires: fc.constantFrom("2026-01-01", "2027-01-01"),
  }),
);

export const anyRule: fc.Arbitrary<unknown> = fc.oneof(
  symmetricRule,
  ofType({ type: fc.constant("number"), atol: tolerance, rtol: tolerance, coerce: fc.boolean() }),
  ofType({ type: fc.constant("label"), margin: tolerance }),
  ofType({ type: fc.constant("probs"), divergence: tolerance }),
  ofType({ type: fc.constant("custom"), use: fc.constantFrom("t#never", "t#always", "t#throws", "t#promises") }),
  ofType({ type: fc.constant("presence"), state: fc.constantFrom("legacyOnly", "newOnly") }),
);
