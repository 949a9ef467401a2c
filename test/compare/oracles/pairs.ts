/** Seeded pairs for each oracle: mostly near misses, with every corner that a type has. */
import { seededRandom } from "../../../src/random.ts";

export const ORACLES = ["number", "ulp", "decimal", "time", "label", "vector", "probs", "rank", "document"] as const;
export type OracleKind = (typeof ORACLES)[number];

export interface OraclePair {
  readonly kind: OracleKind;
  /** JSON texts. */
  readonly legacy: string;
  readonly candidate: string;
  /** Parameters of the rule. */
  readonly params: Readonly<Record<string, unknown>>;
}

export function pairsOf(kind: OracleKind, count: number, seed: number): OraclePair[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => ({ kind, ...MAKERS[kind](dice) }));
}

class Dice {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(some: readonly T[]): T {
    return some[this.below(some.length)] as T;
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}

type Maker = (dice: Dice) => Omit<OraclePair, "kind">;

/** −0, subnormals, the ends of the range and beyond, 2^53 ± 1 and 2^24 ± 1, 400 digits, NaN and infinities. */
const CORNERS = [
  "0",
  "-0",
  "-0.0",
  "5e-324",
  "-5e-324",
  "1e-323",
  "2.2250738585072014e-308",
  "2.225073858507201e-308",
  "3e-400",
  "1.7976931348623157e308",
  "-1.7976931348623157e308",
  "1.7976931348623155e308",
  "1e400",
  "-1e400",
  "1e401",
  "3.4028234663852886e38",
  "3.4028235677973366e38",
  "1e39",
  "1.401298464324817e-45",
  "1e-46",
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "9007199254740994",
  "-9007199254740993",
  "9007199254740993.0",
  "16777215",
  "16777216",
  "16777217",
  "999999999999999",
  "1000000000000000",
  "1e16",
  "10000000000000000",
  "10000000000000001",
  "123456789012345678901",
  "123456789012345678900",
  "9".repeat(400),
  `1${"0".repeat(399)}`,
  `0.${"0".repeat(398)}1`,
  `0.${"3".repeat(400)}`,
  "NaN",
  "Infinity",
  "-Infinity",
  "1",
  "1.0",
  "1e0",
  "-1",
  "0.1",
  "0.10",
  "0.30000000000000004",
  "100",
  "1e2",
] as const;
const FINITE_CORNERS = CORNERS.filter((text) => Number.isFinite(Number(text)));

const bits = new DataView(new ArrayBuffer(8));

/** Any finite double: every exponent is as likely. */
function anyDouble(dice: Dice): number {
  bits.setUint32(0, dice.below(2 ** 32));
  bits.setUint32(4, dice.below(2 ** 32));
  const value = bits.getFloat64(0);
  return Number.isFinite(value) ? value : anyDouble(dice);
}

/** So many doubles further. */
function step(value: number, steps: number): number {
  bits.setFloat64(0, value);
  bits.setBigUint64(0, BigInt.asUintN(64, bits.getBigUint64(0) + BigInt(steps)));
  const moved = bits.getFloat64(0);
  return Number.isFinite(moved) ? moved : value;
}

function literal(dice: Dice): string {
  switch (dice.below(5)) {
    case 0:
      return dice.pick(CORNERS);
    case 1:
      return String(anyDouble(dice));
    case 2:
      return String(dice.below(2_000) - 1_000);
    case 3:
      return String(2n ** 53n + BigInt(dice.below(64)) - 32n);
    default:
      return ((dice.next() - 0.5) * 10 ** dice.below(6)).toPrecision(1 + dice.below(17));
  }
}

function near(dice: Dice, text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value) || dice.below(6) === 0) return literal(dice);
  switch (dice.below(5)) {
    case 0:
      return text;
    case 1:
      return String(step(value, dice.below(9) - 4));
    case 2:
      return String(value * (1 + (dice.next() - 0.5) * 10 ** -dice.below(16)));
    case 3:
      return String(value + dice.pick([1, -1, 0.1, 1e-9, 1e-12]));
    default:
      return Number.isInteger(value) && Math.abs(value) < 1e21
        ? String(BigInt(value) + BigInt(dice.below(5) - 2))
        : String(Math.fround(value));
  }
}

function number(dice: Dice): Omit<OraclePair, "kind"> {
  const legacy = literal(dice);
  const size = () => dice.pick([0, 0, 1e-300, 1e-16, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 1, 2, 1e300]);
  const params = { atol: size(), rtol: dice.pick([0, size(), size()]), width: dice.pick([64, 64, 32]) };
  return { legacy, candidate: near(dice, legacy), params };
}

function ulp(dice: Dice): Omit<OraclePair, "kind"> {
  const legacy = literal(dice);
  const params = { max: dice.pick([0, 1, 2, 4, 1_000, 1_000_000]), width: dice.pick([64, 64, 32]) };
  return { legacy, candidate: near(dice, legacy), params };
}

function decimal(dice: Dice): Omit<OraclePair, "kind"> {
  const params = { scale: dice.below(12) - 3, rounding: dice.pick(["half-even", "half-up", "down"]) };
  if (dice.below(4) === 0) {
    return { legacy: dice.pick(FINITE_CORNERS), candidate: dice.pick(FINITE_CORNERS), params };
  }
  // Digits that end in runs of 4, 5 and 9 around the place where the scale cuts.
  const whole = String(dice.below(2_000));
  const run = dice.pick(["5", "50", "500", "49", "499", "51", "501", "9", "99", "999", "4", "0", ""]);
  const head = String(dice.below(10 ** dice.below(6)));
  const sign = dice.pick(["", "-"]);
  const legacy = `${sign}${whole}.${head}${run || "0"}`;
  const other = dice.pick([
    legacy,
    `${sign}${whole}.${head}`,
    `${legacy}1`,
    `${sign}${whole}.${head}${dice.below(1_000)}`,
  ]);
  const shift = dice.pick(["", "", `e${dice.below(9) - 4}`]);
  return { legacy: legacy + shift, candidate: other + shift, params };
}

function time(dice: Dice): Omit<OraclePair, "kind"> {
  const at = Math.floor((dice.next() - 0.2) * 4e12);
  const apart = dice.pick([0, 0, 1, 999, 1_000, 60_000, 3_600_000]);
  const microseconds = dice.pick([0, 1, 1_000, 1_000_000, 3_600_000_000]);
  const params = { tolerance: microseconds === 0 ? 0 : `${microseconds}us`, microseconds };
  return { legacy: JSON.stringify(iso(dice, at)), candidate: JSON.stringify(iso(dice, at + apart)), params };
}

/** One instant in one of the many ways ISO 8601 has for it; some digits beyond the millisecond. */
function iso(dice: Dice, at: number): string {
  const minutes = dice.pick([0, 0, 60, -60, 330, -570, 840]);
  const [day = "", clock = ""] = new Date(at + minutes * 60_000).toISOString().slice(0, -1).split("T");
  const pad = (value: number) => String(value).padStart(2, "0");
  const [hours, rest] = [pad(Math.floor(Math.abs(minutes) / 60)), pad(Math.abs(minutes) % 60)];
  const colon = dice.pick([":", ""]);
  const offset = `${minutes < 0 ? "-" : "+"}${hours}${colon}${rest}`;
  const zone = minutes !== 0 ? offset : dice.pick(["Z", "+00:00", ""]);
  const fine = dice.pick(["", "", "1", "001", "0019", "999", "9999"]);
  const text = `${day}${dice.pick(["T", " "])}${clock}${fine}`;
  if (dice.below(4) > 0) return text.replace(".", dice.pick([".", ","])) + zone;
  return `${day.replaceAll("-", "")}T${clock.replaceAll(":", "")}${fine}${zone}`;
}

function numbers(dice: Dice, length: number): number[] {
  const scale = 10 ** (dice.below(13) - 6);
  return dice.list(length, () => dice.pick([0, 1, (dice.next() - 0.5) * scale, (dice.next() - 0.5) * scale]));
}

function moved(dice: Dice, values: readonly number[]): number[] {
  const size = dice.pick([1e-12, 1e-6, 1e-3, 0.1, 1]);
  return values.map((value) => (dice.below(3) === 0 ? value : value + (dice.next() - 0.5) * size));
}

function label(dice: Dice): Omit<OraclePair, "kind"> {
  const values = dice.list(1 + dice.below(5), () =>
    dice.pick([0.1, 0.5000000000000001, -1, dice.next(), dice.next(), dice.next()]),
  );
  const other = dice.below(2) === 0 ? [...values].reverse() : moved(dice, values);
  return { legacy: JSON.stringify(values), candidate: JSON.stringify(other), params: { margin: 0 } };
}

function vector(dice: Dice): Omit<OraclePair, "kind"> {
  const method = dice.pick(["l2", "cosine", "max", "quantile"]);
  const values = dice.below(20) === 0 ? dice.list(3, () => 0) : numbers(dice, 1 + dice.below(12));
  const limit = method === "cosine" ? dice.next() * 2 - 1 : 10 ** (dice.below(10) - 7) * dice.next();
  const params = { method, limit: dice.pick([limit, limit, method === "cosine" ? 0.999 : 0.05]) };
  const candidate = JSON.stringify(dice.below(20) === 0 ? values.map(() => 0) : moved(dice, values));
  const q = dice.pick([0, 0.5, 0.9, 1, dice.next()]);
  return { legacy: JSON.stringify(values), candidate, params: method === "quantile" ? { ...params, q } : params };
}

function probs(dice: Dice): Omit<OraclePair, "kind"> {
  const length = 2 + dice.below(6);
  const distribution = () => {
    const weights = dice.list(length, () => dice.pick([0, 1, dice.next(), dice.next() ** 8]));
    if (!weights.some((weight) => weight > 0)) weights[0] = 1;
    const sum = weights.reduce((a, b) => a + b, 0);
    return JSON.stringify(weights.map((weight) => weight / sum));
  };
  return { legacy: distribution(), candidate: distribution(), params: { divergence: dice.next() ** 3 * 0.7 } };
}

function rank(dice: Dice): Omit<OraclePair, "kind"> {
  const method = dice.pick(["kendall", "spearman", "rbo"]);
  const ids = dice.list(2 + dice.below(12), () => 0).map((_, i) => i);
  const other = [...ids];
  for (let swaps = dice.below(8); swaps > 0; swaps--) {
    const [i, j] = [dice.below(ids.length), dice.below(ids.length)];
    [other[i], other[j]] = [other[j] as number, other[i] as number];
  }
  const min = dice.next() * 2 - 1;
  if (method === "rbo" || dice.below(2) === 0) {
    return { legacy: JSON.stringify(ids), candidate: JSON.stringify(other), params: { method, min } };
  }
  const scored = (order: readonly number[]) => order.map((id) => ({ id, s: dice.below(6) / 2 + 0 }));
  const [old, now] = [scored(ids), scored(other)];
  // One side must not be constant: that is a stated rule of its own.
  if (old[0] && now[0]) [old[0].s, now[0].s] = [7, 8];
  return { legacy: JSON.stringify(old), candidate: JSON.stringify(now), params: { method, min, id: "id", by: "s" } };
}

const TEXTS = ['""', '"a"', '"A"', '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"é"', '"e\\u0301"', '"1"', '"true"'];
const SCALARS = [...CORNERS, ...TEXTS, "true", "false", "null", "[]", "{}"];

/** Documents as text: repeated members, empty and deep ones among them. The other side is the same but for little. */
function document(dice: Dice): Omit<OraclePair, "kind"> {
  const deep = dice.below(50) === 0 ? dice.below(60) : 0;
  const wrap = (text: string) =>
    deep % 2 === 0 ? "[".repeat(deep) + text + "]".repeat(deep) : `${'{"a":'.repeat(deep)}${text}${"}".repeat(deep)}`;
  const tree = makeTree(dice, 3);
  const changes = dice.pick([0, 0.05, 0.2]);
  return { legacy: wrap(printTree(tree, dice, 0)), candidate: ` ${wrap(printTree(tree, dice, changes))}`, params: {} };
}

type Tree = string | { readonly names: readonly string[] | null; readonly parts: readonly Tree[] };

function makeTree(dice: Dice, depth: number): Tree {
  if (depth === 0 || dice.below(3) === 0) return dice.below(3) === 0 ? literal(dice) : dice.pick(SCALARS);
  const parts = dice.list(dice.below(4), () => makeTree(dice, depth - 1));
  return { names: dice.below(3) === 0 ? null : parts.map(() => dice.pick(["a", "b", "c", "d"])), parts };
}

function printTree(tree: Tree, dice: Dice, changes: number): string {
  if (dice.next() < changes) return dice.pick(SCALARS);
  if (typeof tree === "string") return dice.next() < changes ? near(dice, tree) : tree;
  const parts = tree.parts.map((part) => printTree(part, dice, changes));
  const { names } = tree;
  if (names === null) return `[${parts.join(", ")}]`;
  return `{${parts.map((part, i) => `"${names[i]}": ${part}`).join(", ")}}`;
}

const MAKERS: Readonly<Record<OracleKind, Maker>> = {
  number,
  ulp,
  decimal,
  time,
  label,
  vector,
  probs,
  rank,
  document,
};
