import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { compareStage } from "../../compare/run-compare.ts";
import { FieldNeeds, needOf, RATES, STUCK } from "../../compare/tolerance/needs.ts";
import { renderTolerance, roundUp } from "../../compare/tolerance/render.ts";
import { toleranceStage } from "../../compare/tolerance.ts";
import { loadConfig } from "../../src/config/load.ts";
import { seededRandom } from "../../src/random.ts";
import { buildLake, comparedObjects, type PairSpec, testSession } from "./pipeline-lake.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-tolerance-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Pairs of which one in three differs, by amounts of many sizes. */
function noisyPairs(count: number): PairSpec[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, i) => {
    const legacy = [random() * 10, (random() - 0.5) * 1e-3, 9007199254740993n + BigInt(i)] as const;
    const apart = i % 3 === 0 ? random() ** 6 : 0;
    const document = (s: number, t: number, n: bigint) => `{"s":[${s},${t}],"n":${n}}`;
    return {
      legacy: document(...legacy),
      candidate: document(legacy[0] + apart, legacy[1] - apart / 1e3, legacy[2] + (i % 5 === 0 ? 1n : 0n)),
    };
  });
}

// Runs over thousands of pairs: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

describe("toleranceStage", () => {
  test("the tolerances come to their rates when they are the rules, and the next smaller ones do not", async () => {
    const store = await buildLake({ objects: [noisyPairs(700), noisyPairs(400)], commitRows: 500 });
    const report = await toleranceStage(testSession(store), {});
    const { n, fields } = report.models.m ?? { n: 0, fields: {} };
    expect([n, Object.keys(fields)]).toEqual([1_100, ["$.n", "$.s[*]"]]);
    const rate = async (path: string, atol: number, rtol: number): Promise<number> => {
      const others = Object.keys(fields).filter((field) => field !== path);
      const rules = [
        { path, type: "number", atol, rtol },
        ...others.map((other) => ({ path: other, type: "ignore", reason: "r", owner: "o", expires: "2999-01-01" })),
      ] as never;
      return (await compareStage(testSession(store, { models: { "*": { rules, gate: {} } } }), {})).models.m?.rate ?? 1;
    };
    for (const [path, { atol, rtol }] of Object.entries(fields)) {
      // Of 1,100 pairs the rate 1e-4 leaves out none, as 0 does.
      for (const at of [0, 2]) {
        const allowed = RATES[at] ?? 0;
        const [a, r] = [atol[at] ?? -1, rtol[at] ?? -1];
        expect(await rate(path, a, 0), `${path} atol ${a}`).toBeLessThanOrEqual(allowed);
        expect(await rate(path, 0, r), `${path} rtol ${r}`).toBeLessThanOrEqual(allowed);
        expect(await rate(path, a * (1 - 1e-15), 0), `${path} less than ${a}`).toBeGreaterThan(allowed);
        expect(await rate(path, 0, r * (1 - 1e-15)), `${path} less than ${r}`).toBeGreaterThan(allowed);
      }
    }
  });

  test("rules in force hide nothing, and nothing is written", async () => {
    const store = await buildLake({ objects: [noisyPairs(60)] });
    const plain = await toleranceStage(testSession(store), {});
    const models = {
      "*": {
        rules: [
          { path: "$.s[*]", type: "number", atol: 100, rtol: 0 },
          { path: "$.n", type: "decimal", scale: -5 },
        ],
        gate: {},
      },
    } as never;
    expect(await toleranceStage(testSession(store, { models }), {})).toEqual(plain);
    expect((await comparedObjects(store)).size).toBe(0);
  });

  test("differences that no tolerance mends are counted apart, and decide the rates", async () => {
    const near = Array.from({ length: 1_998 }, () => ({ legacy: '{"s":1}', candidate: '{"s":1.5}' }));
    const stuck = [
      { legacy: '{"s":1}', candidate: '{"s":"1"}' },
      { legacy: '{"s":1}', candidate: "{}" },
    ];
    const store = await buildLake({ objects: [[...near, ...stuck]], commitRows: 1_000 });
    expect((await toleranceStage(testSession(store), {})).models.m?.fields).toEqual({
      "$.s": { pairs: 2_000, stuck: 2, atol: [null, null, 0.5], rtol: [null, null, 0.5] },
    });
  });

  test("labels and decisions are no matter of tolerance", async () => {
    const store = await buildLake({ objects: [[{ legacy: '{"s":0.4,"l":"a"}', candidate: '{"s":0.6,"l":"b"}' }]] });
    const models = { "*": { rules: [{ path: "$.s", type: "decision", threshold: 0.5 }], gate: {} } } as never;
    expect((await toleranceStage(testSession(store, { models }), {})).models.m?.fields).toEqual({});
  });

  test("a run with an object that cannot be read gives no tolerance", async () => {
    const store = await buildLake({ objects: [noisyPairs(3)] });
    for await (const { key } of store.list("captures/")) await store.delete([key]);
    await expect(toleranceStage(testSession(store), {})).rejects.toMatchObject({ code: "COMPARE_INCOMPLETE" });
  });
});

describe("what is printed", () => {
  test("stands in cutover.yaml as it is, and the run passes under it", async () => {
    const store = await buildLake({ objects: [noisyPairs(300)] });
    const text = renderTolerance(await toleranceStage(testSession(store), {}));
    const file = join(dir, "cutover.yaml");
    await writeFile(file, text);
    const { config } = await loadConfig({ file, env: {}, flags: {} });
    expect(config.models.m?.rules.map(({ path, type }) => [path, type])).toEqual([
      ["$.n", "number"],
      ["$.s[*]", "number"],
    ]);
    const summary = await compareStage({ ...testSession(store), config }, {});
    expect(summary.outcomes).toEqual({ match: 300, mismatch: 0, ignored: 0 });
  });

  test("names the rates, rtol beside atol, and what no tolerance mends", () => {
    const field = { pairs: 9, stuck: 1, atol: [null, 0.12345, 0], rtol: [null, null, 0] };
    expect(
      renderTolerance({ run: "r1", rates: RATES, models: { "a/b": { n: 99, fields: { '$["x y"]': field } } } }),
    ).toBe(
      [
        "# Smallest tolerances by run r1, rounded up to three digits.",
        "models:",
        '  "a/b":',
        "    rules:",
        '      # $["x y"]: 9 of 99 pairs differ, 1 of them in a way that no tolerance mends',
        "      # no tolerance comes to mismatch rate 0",
        '      # - { path: "$[\\"x y\\"]", type: number, atol: 0.124, rtol: 0 } # mismatch rate 0.0001',
        '      # - { path: "$[\\"x y\\"]", type: number, atol: 0, rtol: 0 } # mismatch rate 0.001',
        '      # - { path: "$[\\"x y\\"]", type: number, atol: 0, rtol: 0 } # the same by rtol',
        "",
      ].join("\n"),
    );
  });

  test("says so when nothing differs", () => {
    expect(renderTolerance({ run: "r1", rates: RATES, models: { m: { n: 5, fields: {} } } })).toMatch(
      /models: \{\}\n$/,
    );
  });

  test("numbers are rounded up, by less than one in a hundred", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
        const rounded = roundUp(value);
        expect(rounded).toBeGreaterThanOrEqual(value);
        expect(rounded).toBeLessThan(value * 1.0101);
        expect(Number(rounded.toPrecision(3))).toBe(rounded);
      }),
    );
    expect([roundUp(0), roundUp(1), roundUp(9.999), roundUp(5e-324)]).toEqual([0, 1, 10, 5e-324]);
  });
});

describe("needs", () => {
  test("rtol is the smallest double that holds", () => {
    const size = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(size, size, (legacy, apart) => {
        const { rtol } = needOf(legacy, apart);
        if (rtol === Number.POSITIVE_INFINITY) return;
        expect(apart <= rtol * legacy).toBe(true);
        expect(apart <= rtol * (1 - 2 ** -53) * legacy).toBe(rtol * (1 - 2 ** -53) === rtol);
      }),
      { numRuns: 2_000 },
    );
    expect(needOf(0, 1)).toEqual({ atol: 1, rtol: Number.POSITIVE_INFINITY });
  });

  test("of a field are those of a sorted list, however many came", () => {
    const need = fc.oneof(
      fc.nat(50).map((n) => ({ atol: n + 1, rtol: n + 1 })),
      fc.constant(STUCK),
    );
    fc.assert(
      fc.property(fc.array(need, { maxLength: 60 }), fc.integer({ min: 60, max: 5_000 }), (needs, n) => {
        const field = new FieldNeeds(n);
        for (const one of needs) field.add(one);
        const sorted = needs.map(({ atol }) => atol).sort((a, b) => b - a);
        for (const rate of RATES) {
          const wanted = sorted[Math.floor(rate * n)] ?? 0;
          expect(field.atol(rate, n)).toBe(wanted === Number.POSITIVE_INFINITY ? null : wanted);
        }
      }),
    );
  });

  test("memory is bounded by the rate, not by the pairs", () => {
    const field = new FieldNeeds(100_000);
    for (let i = 0; i < 100_000; i++) field.add({ atol: (i * 7919) % 100_000, rtol: 1 });
    expect([field.atol(0, 100_000), field.atol(1e-4, 100_000), field.atol(1e-3, 100_000)]).toEqual([
      99_999, 99_989, 99_899,
    ]);
  });
});
