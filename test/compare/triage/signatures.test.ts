import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimsOf, normalOf, randomOf, type ValuePair } from "./sampled-pairs.ts";

interface Draw {
  readonly random: () => number;
  readonly normal: () => number;
  readonly at: number;
}

/** Values of legacy: of several scales, negative, near zero, few distinct, printed in few places. */
const SCALES: Readonly<Record<string, (draw: Draw) => number>> = {
  probabilities: ({ random }) => random(),
  "probabilities of four decimals": ({ random }) => Number(random().toFixed(4)),
  thousands: ({ random }) => 1_000 * random(),
  millions: ({ normal }) => 1e6 * normal(),
  "of both signs": ({ normal }) => normal(),
  tiny: ({ normal }) => 1e-9 * normal(),
  "near zero and large": ({ normal, random }) => normal() * 10 ** (12 * random() - 6),
  "of twelve values": ({ random }) => Math.floor(12 * random()) / 8 + 0.137,
};

const text = (value: number): string => JSON.stringify(value);
const float32 = (value: number): number => Math.fround(value);
const shortest = (value: number): number => {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(Math.fround(value).toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
};

function pairsOf(
  seed: number,
  count: number,
  legacy: (draw: Draw) => number,
  candidate: (x: number, draw: Draw) => number,
) {
  const random = randomOf(seed);
  const normal = normalOf(random);
  return Array.from({ length: count }, (_, at): ValuePair => {
    const draw = { random, normal, at };
    const x = legacy(draw);
    return [text(x), text(candidate(x, draw))];
  });
}

type Planted = readonly [
  name: string,
  parameters: object,
  candidate: (x: number) => number,
  scales?: readonly string[],
];

const SHARES = ["probabilities", "probabilities of four decimals"];
const FULL = Object.keys(SCALES).filter((name) => name !== "of twelve values" && !name.includes("four"));

const PLANTED: readonly Planted[] = [
  ["constant_ratio", { ratio: 100 }, (x) => x * 100],
  ["constant_ratio", { ratio: 0.001 }, (x) => x / 1000],
  ["constant_ratio", { ratio: 1.8 }, (x) => x * 1.8],
  ["constant_ratio", { ratio: 1.01 }, (x) => x * 1.01],
  ["constant_ratio", { ratio: -2 }, (x) => x * -2],
  ["constant_ratio", { ratio: 100 }, (x) => float32(float32(x) * 100)],
  ["constant_offset", { offset: 0.05 }, (x) => x + 0.05, ["probabilities", "of both signs", "thousands"]],
  ["constant_offset", { offset: -273.15 }, (x) => x - 273.15, ["thousands", "of both signs", "probabilities"]],
  ["constant_offset", { offset: 1 }, (x) => x + 1, ["probabilities", "of both signs", "thousands"]],
  ["constant_offset", { offset: 0.25 }, (x) => Number((x + 0.25).toFixed(4)), ["probabilities of four decimals"]],
  ["sign_flip", {}, (x) => -x],
  ["complement", {}, (x) => 1 - x, SHARES],
  ["complement", {}, (x) => float32(1 - float32(x)), SHARES],
  ["complement", {}, (x) => Number((1 - x).toFixed(4)), SHARES],
  ["logit", { from: "probability" }, (x) => Math.log(x / (1 - x)), SHARES],
  ["logit", { from: "probability" }, (x) => Number(Math.log(x / (1 - x)).toFixed(5)), SHARES],
  ["logit", { from: "logit" }, (x) => 1 / (1 + Math.exp(-x)), ["of both signs"]],
  ["float32", { side: "candidate" }, float32, FULL],
  ["float32", { side: "candidate" }, shortest, FULL],
  [
    "float32",
    { side: "candidate" },
    (x) => float32(float32(x) * (1 + 2 ** -22)),
    FULL.filter((name) => name !== "millions"),
  ],
  [
    "rounded",
    { decimals: 2, side: "candidate" },
    (x) => Number(x.toFixed(2)),
    ["probabilities", "thousands", "of both signs"],
  ],
  ["rounded", { decimals: 0, side: "candidate" }, (x) => Math.round(x), ["thousands", "millions"]],
  ["rounded", { decimals: 6, side: "candidate" }, (x) => Number(x.toFixed(6)), ["probabilities", "thousands"]],
  [
    "rounded",
    { decimals: 3, side: "candidate", rounding: "down" },
    (x) => Math.trunc(x * 1e3) / 1e3,
    ["probabilities", "of both signs"],
  ],
  ["rounded", { digits: 5, side: "candidate" }, (x) => Number(x.toPrecision(5)), ["near zero and large", "tiny"]],
  ["clipped", { upper: 0.9 }, (x) => Math.min(x, 0.9), SHARES],
  ["clipped", { lower: 0 }, (x) => Math.max(x, 0), ["of both signs", "millions"]],
  ["clipped", { lower: 0.05, upper: 0.95 }, (x) => Math.min(0.95, Math.max(0.05, x)), SHARES],
  ["constant_default", { value: 0 }, () => 0, ["probabilities", "thousands", "millions", "of both signs", "tiny"]],
  ["constant_default", { value: 1 }, () => 1, ["probabilities", "of both signs"]],
  ["constant_default", { value: 0.5 }, () => 0.5, [...SHARES, "of both signs"]],
  ["constant_default", { value: -1 }, () => -1, ["probabilities", "thousands", "of twelve values"]],
];

const TABLE = PLANTED.flatMap(([name, parameters, candidate, scales = Object.keys(SCALES)]) =>
  scales.map((scale) => [name, parameters, scale, candidate] as const),
);

describe("a planted cause is claimed", () => {
  test.each(TABLE)("%s %j of %s", async (name, parameters, scale, candidate) => {
    for (const [seed, count] of [
      [1, 213],
      [2, 5_000],
    ] as const) {
      const legacy = SCALES[scale] as (draw: Draw) => number;
      const claims = await claimsOf(pairsOf(seed, count, legacy, candidate));
      expect(claims[0]).toMatchObject({ signature: { name, parameters } });
      expect(claims[0]?.share).toBeGreaterThan(0.9);
      expect(claims.filter(({ signature }) => signature.name !== name)).toEqual([]);
    }
  });
});

/** What makes values differ for no one reason: none of it may be given a cause. */
const NOISES: Readonly<Record<string, (x: number, draw: Draw) => number>> = {
  "added, normal": (x, { normal }) => x + 0.01 * normal(),
  "added, large": (x, { normal }) => x + 10 * normal(),
  "times normal": (x, { normal }) => x * (1 + 0.02 * normal()),
  "of the last bits": (x, { random }) => x * (1 + (Math.floor(9 * random()) - 4) * 2 ** -51),
  "as of other float arithmetic": (x, { normal }) => x * (1 + 1e-7 * normal()),
  "one way only": (x, { normal }) => x + 0.01 * Math.abs(normal()),
  "heavy of tail": (x, { random }) => x + 0.001 * Math.tan(Math.PI * (random() - 0.5)),
  "another value altogether": (_x, { random }) => random(),
  "of a random factor": (x, { random }) => x * (1 + 9 * random()),
  "in the last of two places": (x, { random }) =>
    Number((Number(x.toFixed(2)) + (random() < 0.5 ? 0.01 : -0.01)).toFixed(2)),
  "of a few last places": (x, { random }) =>
    Number((Number(x.toFixed(4)) + (Math.floor(7 * random()) - 3) / 1e4).toFixed(4)),
  "rounded after noise": (x, { normal }) => Number((x + 0.01 * normal()).toFixed(2)),
  "in whole numbers": (x, { random }) => Math.round(x) + Math.floor(3 * random()) - 1,
};
const ROUGH: ReadonlySet<string> = new Set(["in the last of two places", "of a few last places"]);

describe("noise is given no cause", () => {
  test.each(Object.keys(NOISES).flatMap((noise) => Object.keys(SCALES).map((scale) => [noise, scale] as const)))(
    "%s, of %s",
    async (noise, scale) => {
      for (const [seed, count] of [
        [3, 120],
        [4, 2_000],
        [5, 2_000],
      ] as const) {
        const legacy = SCALES[scale] as (draw: Draw) => number;
        const places = noise.includes("two") ? 2 : 4;
        const base = (draw: Draw) => (ROUGH.has(noise) ? Number(legacy(draw).toFixed(places)) : legacy(draw));
        const claims = await claimsOf(pairsOf(seed, count, base, NOISES[noise] as never));
        expect(claims).toEqual([]);
      }
    },
  );
});

const label = [{ path: "$.v", type: "label" }];
const decision = [{ path: "$.v", type: "decision", threshold: 0.5 }];
const CLASSES = ["ok", "spam", "threat", "insult"];
const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(from.length * random())] as T;
const mapped = (mapping: Readonly<Record<string, string>>) => (name: string) => mapping[name] ?? name;
const hour = (hours: number) => (ms: number) => ms + hours * 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const timeOf = (random: () => number): number => Date.UTC(2026, 0, 1) + Math.floor(random() * 3.1e10);

/** Pairs of classes, times and lists, by a function of the random numbers. */
function drawn<T>(
  seed: number,
  count: number,
  legacy: (random: () => number) => T,
  candidate: (x: T, random: () => number) => T,
) {
  const random = randomOf(seed);
  return Array.from({ length: count }, (): ValuePair => {
    const x = legacy(random);
    return [JSON.stringify(x), JSON.stringify(candidate(x, random))];
  });
}

type Case = readonly [what: string, pairs: (seed: number) => ValuePair[], rules: object[], expected: object];

const OTHERS: readonly Case[] = [
  [
    "classes in a cycle",
    (seed) => drawn(seed, 400, (random) => pick(CLASSES, random), mapped({ ok: "spam", spam: "threat", threat: "ok" })),
    label,
    { name: "permuted_labels", parameters: { labels: 3, mapping: "ok→spam, spam→threat, threat→ok" } },
  ],
  [
    "two classes swapped in every answer",
    (seed) => drawn(seed, 400, (random) => pick(["no", "yes"], random), mapped({ no: "yes", yes: "no" })),
    label,
    { name: "permuted_labels", parameters: { mapping: "no→yes, yes→no" } },
  ],
  [
    "classes of other names, without a rule",
    (seed) =>
      drawn(
        seed,
        400,
        (random) => pick(CLASSES, random),
        (name) => `${name.toUpperCase()}!`,
      ),
    [],
    { name: "permuted_labels", parameters: { labels: 4 } },
  ],
  [
    "truth the other way round",
    (seed) =>
      drawn<boolean>(
        seed,
        200,
        (random) => random() < 0.5,
        (yes) => !yes,
      ),
    [],
    { name: "permuted_labels", parameters: { mapping: "false→true, true→false" } },
  ],
  [
    "one class for all",
    (seed) =>
      drawn(
        seed,
        400,
        (random) => pick(CLASSES, random),
        () => "ok",
      ),
    label,
    { name: "constant_default", parameters: { value: "ok" } },
  ],
  [
    "an index that counts from one",
    (seed) =>
      drawn(
        seed,
        400,
        (random) => Math.floor(30 * random()),
        (index) => index + 1,
      ),
    [],
    { name: "off_by_one", parameters: { offset: 1 } },
  ],
  [
    "a class index that counts from one",
    (seed) =>
      drawn(
        seed,
        400,
        (random) => Math.floor(5 * random()),
        (index) => index + 1,
      ),
    label,
    { name: "off_by_one", parameters: { offset: 1 } },
  ],
  [
    "instants an hour later",
    (seed) =>
      drawn(
        seed,
        300,
        (random) => iso(timeOf(random)),
        (time) => iso(hour(1)(Date.parse(time))),
      ),
    [],
    { name: "hour_shift", parameters: { hours: 1 } },
  ],
  [
    "instants without a zone, in summer and winter time",
    (seed) =>
      drawn(
        seed,
        300,
        (random) => iso(timeOf(random)).slice(0, 19),
        (time) =>
          iso(hour(time.slice(5, 7) > "03" && time.slice(5, 7) < "11" ? -2 : -1)(Date.parse(`${time}Z`))).slice(0, 19),
      ),
    [],
    { name: "hour_shift", parameters: { hours: "-2 or -1" } },
  ],
  [
    "epoch seconds five hours early",
    (seed) =>
      drawn(
        seed,
        300,
        (random) => Math.floor(timeOf(random) / 1e3),
        (time) => time - 5 * 3_600,
      ),
    [],
    { name: "hour_shift", parameters: { hours: -5, unit: "s" } },
  ],
  [
    "epoch seconds with fractions, an hour late",
    (seed) =>
      drawn(
        seed,
        300,
        (random) => timeOf(random) / 1e3,
        (time) => time + 3_600,
      ),
    [],
    { name: "hour_shift", parameters: { hours: 1, unit: "s" } },
  ],
  [
    "epoch milliseconds an hour late",
    (seed) => drawn(seed, 300, timeOf, hour(1)),
    [],
    { name: "hour_shift", parameters: { hours: 1, unit: "ms" } },
  ],
  [
    "lists in another order",
    (seed) =>
      drawn(
        seed,
        100,
        (random) => [1, 2, 3, 4, 5].map((n) => n + Math.floor(100 * random())),
        ([first = 0, ...rest]) => [...rest, first],
      ),
    [],
    { name: "permutation", parameters: {} },
  ],
  [
    "lists reversed, too long to be kept whole in some pairs",
    (seed) =>
      drawn(
        seed,
        100,
        (random) => Array.from({ length: 3 + Math.floor(20 * random()) }, (_, n) => n),
        (list) => [...list].reverse(),
      ),
    [],
    { name: "permutation", parameters: { order: "reversed" } },
  ],
  [
    "the other class's probability, where it decides",
    (seed) =>
      drawn(
        seed,
        400,
        (random) => random(),
        (p) => 1 - p,
      ),
    decision,
    { name: "complement" },
  ],
];

describe("a planted cause of classes, times and lists is claimed", () => {
  test.each(OTHERS)("%s", async (_what, pairs, rules, expected) => {
    for (const seed of [1, 2, 3]) {
      const claims = await claimsOf(pairs(seed), rules);
      expect(claims).toHaveLength(1);
      expect(claims[0]).toMatchObject({ signature: expected });
      expect(claims[0]?.share).toBeGreaterThan(0.9);
    }
  });
});

const CONFUSIONS: readonly (readonly [what: string, pairs: (seed: number) => ValuePair[], rules: object[]])[] = [
  [
    "any class for any",
    (seed) =>
      drawn(
        seed,
        2_000,
        (random) => pick(CLASSES, random),
        (_, random) => pick(CLASSES, random),
      ),
    label,
  ],
  [
    "two classes mixed up in one pair of ten",
    (seed) =>
      drawn(
        seed,
        4_000,
        (random) => pick(["a", "b"], random),
        (name, random) => (random() < 0.1 ? pick(["a", "b"], random) : name),
      ),
    label,
  ],
  [
    "two classes at random",
    (seed) =>
      drawn(
        seed,
        2_000,
        (random) => pick(["a", "b"], random),
        (_, random) => pick(["a", "b"], random),
      ),
    label,
  ],
  [
    "neighbours on a scale of five",
    (seed) =>
      drawn(
        seed,
        2_000,
        (random) => 1 + Math.floor(5 * random()),
        (n, random) => Math.min(5, Math.max(1, n + pick([-1, 0, 1], random))),
      ),
    label,
  ],
  [
    "counts one off, up and down",
    (seed) =>
      drawn(
        seed,
        2_000,
        (random) => Math.floor(100 * random()),
        (n, random) => n + pick([-1, 0, 1], random),
      ),
    [],
  ],
  [
    "words",
    (seed) =>
      drawn(
        seed,
        2_000,
        (random) => `w${Math.floor(1e6 * random())}`,
        (_, random) => `w${Math.floor(1e6 * random())}`,
      ),
    [],
  ],
  [
    "instants, by seconds",
    (seed) =>
      drawn(
        seed,
        500,
        (random) => iso(timeOf(random)),
        (time, random) => iso(Date.parse(time) + Math.floor(9e5 * random())),
      ),
    [],
  ],
  [
    "full hours, by hours",
    (seed) =>
      drawn(
        seed,
        500,
        (random) => iso(Math.floor(timeOf(random) / 3.6e6) * 3.6e6),
        (time, random) => iso(hour(pick([-2, -1, 1, 2], random))(Date.parse(time))),
      ),
    [],
  ],
  [
    "epoch seconds, by seconds",
    (seed) =>
      drawn(
        seed,
        500,
        (random) => Math.floor(timeOf(random) / 1e3),
        (time, random) => time + Math.floor(7_200 * random()),
      ),
    [],
  ],
  [
    "scores near a threshold",
    (seed) =>
      drawn(
        seed,
        4_000,
        (random) => Number(random().toFixed(2)),
        (p, random) => Number((p + 0.04 * (random() - 0.5)).toFixed(2)),
      ),
    decision,
  ],
];

describe("noise of classes and times is given no cause", () => {
  test.each(CONFUSIONS)("%s", async (_what, pairs, rules) => {
    for (const seed of [4, 5, 6]) expect(await claimsOf(pairs(seed), rules)).toEqual([]);
  });
});

test("noise of any kind, scale, seed and size is given no cause", async () => {
  const kinds = fc.constantFrom(...Object.entries(NOISES).filter(([name]) => !ROUGH.has(name)));
  const scales = fc.constantFrom(...Object.values(SCALES));
  await fc.assert(
    fc.asyncProperty(
      kinds,
      scales,
      fc.nat(),
      fc.integer({ min: 1, max: 300 }),
      async ([, noise], legacy, seed, count) => {
        expect(await claimsOf(pairsOf(seed, count, legacy, noise))).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

describe("too little to go by", () => {
  test("a few pairs, or the same pair over and over, are given no cause", async () => {
    expect(await claimsOf(pairsOf(1, 7, SCALES.thousands as never, (x) => x * 100))).toEqual([]);
    expect(await claimsOf(Array.from({ length: 200 }, (): ValuePair => ["0.5", "50"]))).toEqual([]);
    expect(
      await claimsOf(Array.from({ length: 200 }, (_, at): ValuePair => (at % 2 ? ["1", "2"] : ["3", "4"]))),
    ).toEqual([]);
  });

  test("a cause of most pairs is one, and says of how many; beside another difference it is that of its own groups", async () => {
    const mixed = (share: number) =>
      pairsOf(9, 1_000, SCALES.thousands as never, (x, { at, normal }) =>
        at % 100 < share ? x + 250 : x + 3 * normal(),
      );
    const [most] = await claimsOf(mixed(97));
    expect(most?.signature).toMatchObject({ name: "constant_offset", parameters: { offset: 250 } });
    const [half] = await claimsOf(mixed(50));
    expect(half?.signature).toMatchObject({ name: "constant_offset", parameters: { offset: 250 } });
    expect(half?.share).toBeLessThan(0.6);
  });
});
