import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { anytimeBounds, boundsOf, type Looks, morePairs } from "../../compare/anytime.ts";
import { clopperPearson } from "../../compare/statistics.ts";

type Row = [k: number, n: number, limit: number, confidence: number, lower: number, upper: number];
const scipy = JSON.parse(readFileSync(new URL("../../fixtures/statistics/anytime.json", import.meta.url), "utf8")) as {
  rows: Row[];
};

function relativeError(value: number, reference: number): number {
  return reference === 0 ? Math.abs(value) : Math.abs(value / reference - 1);
}

describe("the anytime-valid bound", () => {
  test.each([
    [1e-3, 0.95, 4_741],
    [1e-3, 0.99, 6_635],
    [1e-4, 0.99, 66_380],
  ])("without a mismatch, a limit of %f at %f takes the published %d pairs", (limit, confidence, pairs) => {
    expect(morePairs("anytime", 0, 0, limit, confidence)).toBe(pairs);
    expect(anytimeBounds(0, pairs, confidence, limit).upper).toBeLessThanOrEqual(limit);
    expect(anytimeBounds(0, pairs - 1, confidence, limit).upper).toBeGreaterThan(limit);
  });

  /** ln B(a, b) by sums of logarithms: an oracle for whole numbers, slow and plain. */
  const lnBeta = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 1; i < a; i++) sum += Math.log(i) - Math.log(b + i - 1);
    return sum - Math.log(b + a - 1);
  };

  test.each([
    [0, 50, 0.1],
    [3, 10_000, 1e-3],
    [50, 3_000, 0.01],
    [7, 20, 0.5],
    [19, 20, 0.5],
  ])("of %d in %d against %f is where the mixture, written as it is defined, reaches 1/α", (k, n, limit) => {
    const b = 1 / limit;
    const mixture = (p: number): number =>
      lnBeta(k + 1, n - k + b) - lnBeta(1, b) - k * Math.log(p) - (n - k) * Math.log1p(-p);
    const { lower, upper } = anytimeBounds(k, n, 0.99, limit);
    if (k < n) expect(mixture(upper)).toBeCloseTo(Math.log(100), 7);
    if (k > 0) expect(mixture(lower)).toBeCloseTo(Math.log(100), 7);
  });

  test("agrees with scipy on a grid, to 1e-9", () => {
    expect(scipy.rows.length).toBeGreaterThan(300);
    for (const [k, n, limit, confidence, lower, upper] of scipy.rows) {
      const bounds = anytimeBounds(k, n, confidence, limit);
      const place = `${k}/${n} against ${limit} at ${confidence}`;
      expect(relativeError(bounds.lower, lower), `lower ${place}`).toBeLessThan(1e-9);
      expect(relativeError(bounds.upper, upper), `upper ${place}`).toBeLessThan(1e-9);
    }
  });

  test("is wider than the bound for one look, at any count", () => {
    for (const n of [1, 10, 100, 1_000, 1e5, 1e7]) {
      for (const k of [0, 1, 5, 50].filter((value) => value <= n)) {
        const [every, one] = [anytimeBounds(k, n, 0.99, 1e-3), clopperPearson(k, n, 0.99)];
        expect(every.upper).toBeGreaterThanOrEqual(one.upper);
        expect(every.lower).toBeLessThanOrEqual(one.lower);
      }
    }
  });

  test("knows nothing of no pair, and proves no limit of 0", () => {
    expect(anytimeBounds(0, 0, 0.99, 1e-3)).toEqual({ lower: 0, upper: 1 });
    expect(morePairs("anytime", 0, 100, 0, 0.99)).toBeNull();
    expect(anytimeBounds(5, 5, 0.99, 0.1).upper).toBe(1);
    expect(anytimeBounds(0, 5, 0.99, 1).lower).toBe(0);
  });

  test("tells how many pairs more, and not one per cent fewer will do", () => {
    const [k, n, limit] = [5, 10_000, 1e-3];
    const more = morePairs("anytime", k, n, limit, 0.99) ?? Number.NaN;
    const upper = (pairs: number) => anytimeBounds((k / n) * pairs, pairs, 0.99, limit).upper;
    expect(upper((n + more) * 1.001)).toBeLessThanOrEqual(limit);
    expect(upper((n + more) * 0.99)).toBeGreaterThan(limit);
  });
});

/** A generator of our own, seeded: the same runs on every machine. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers of pairs at which mismatches of rate `p` turn up: geometric gaps, so that a run costs k steps and not n. */
function mismatchesAt(p: number, n: number, chance: () => number): number[] {
  const at: number[] = [];
  for (let pair = 0; ; ) {
    pair += 1 + Math.floor(Math.log(1 - chance()) / Math.log1p(-p));
    if (pair > n) return at;
    at.push(pair);
  }
}

describe("in 20,000 simulated runs of a model whose rate is at the limit", () => {
  const [RUNS, LIMIT, ALPHA, PAIRS] = [20_000, 0.01, 0.05, 3_200];
  const tolerated = ALPHA + 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS);
  /** Ends of the layers 1/64, 1/32, … of the whole. */
  const LAYERS = [64, 32, 16, 8, 4, 2, 1].map((part) => PAIRS / part);

  /** Share of the runs that pass at any of the looks. */
  function falsePasses(looks: Looks, ends: readonly number[], seed: number): number {
    const chance = random(seed);
    const passes = new Map<number, boolean>();
    const passesWith = (k: number, n: number): boolean => {
      const key = k * 1e6 + n;
      const known = passes.get(key) ?? boundsOf(looks, k, n, 1 - ALPHA, LIMIT).upper <= LIMIT;
      passes.set(key, known);
      return known;
    };
    let passed = 0;
    for (let run = 0; run < RUNS; run++) {
      const mismatches = mismatchesAt(LIMIT, PAIRS, chance);
      if (ends.some((n) => passesWith(mismatches.filter((at) => at <= n).length, n))) passed++;
    }
    return passed / RUNS;
  }

  test("one look passes falsely at most as often as α, and three standard errors", () => {
    expect(falsePasses("fixed", [PAIRS], 1)).toBeLessThanOrEqual(tolerated);
  });

  test("so do the looks of a sequential run, by the anytime-valid bound", () => {
    expect(falsePasses("anytime", LAYERS, 2)).toBeLessThanOrEqual(tolerated);
  });

  test("fifty looks by the bound for one pass falsely far more often: why there is another", () => {
    const fifty = Array.from({ length: 50 }, (_, look) => ((look + 1) * PAIRS) / 50);
    expect(falsePasses("fixed", fifty, 3)).toBeGreaterThan(2 * tolerated);
    expect(falsePasses("anytime", fifty, 3)).toBeLessThanOrEqual(tolerated);
  });
});
