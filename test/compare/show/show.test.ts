import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { displayWidth } from "../../../compare/report/text.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import { renderShow } from "../../../compare/show/render.ts";
import { type ShowResult, showStage } from "../../../compare/show/stage.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { writeSequence } from "../../../src/lake/sequence.ts";
import type { Store } from "../../../src/store/port.ts";
import { buildLake, equalPairs, type LakeSpec, type PairSpec, RUN, testSession } from "../pipeline-lake.ts";

const CONFIG = `models:
  "*":
    rules:
      - { path: $.score, type: number, atol: 1e-3, rtol: 0 }
      - { path: $.wall, type: ignore, reason: wall time, owner: o, expires: 2999-01-01 }
      - { path: $.tags, type: list, mode: set }
      - { path: $.hint, type: exact, weight: advise }
      - { path: $.dose, type: number, atol: 0, rtol: 0, critical: true }
    default: exact
    gate: {}
    mask: [$..email]
`;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-show-"));
  await writeFile(join(dir, "cutover.yaml"), CONFIG);
});
afterAll(() => rm(dir, { recursive: true }));

async function show(store: Store, record: string, run = RUN): Promise<ShowResult> {
  const file = join(dir, "cutover.yaml");
  const { config } = await loadConfig({ file, env: {}, flags: {} });
  return showStage({ ...testSession(store), config, configFile: file, given: { config: file } }, { run, record });
}

const one = async (pair: PairSpec, lake: Partial<LakeSpec> = {}) => {
  const store = await buildLake({ objects: [equalPairs(2), [...equalPairs(9), pair]], ...lake });
  return (await show(store, "t@01234567/1/1009")).records[0] as ShowResult["records"][number];
};
const pairOf = (legacy: object, candidate: object, more: Partial<PairSpec> = {}): PairSpec => ({
  legacy: JSON.stringify(legacy),
  candidate: JSON.stringify(candidate),
  ...more,
});
const line = (n: number): object => ({ file: join(dir, "cutover.yaml"), line: n });

describe("a record of a run", () => {
  test("that mismatches: each finding with the rule that judged, its line, delta and fingerprint of the diffs", async () => {
    const pair = pairOf({ score: 1, x: "a", hint: 1, dose: 1 }, { score: 2, x: "b", hint: 2, dose: 3 });
    const store = await buildLake({ objects: [[pair]] });
    const shown = (await show(store, "id-0-1000")).records[0];
    expect(shown).toMatchObject({
      outcome: "mismatch",
      why: "3 differences fail the gate",
      position: "t@01234567/0/1000",
    });
    expect(shown?.findings).toMatchObject([
      {
        path: "$.score",
        rule: "number (atol 0.001, rtol 0)",
        at: 'models."*".rules[0]',
        place: line(4),
        delta: 1,
        verdict: "fails",
      },
      {
        path: "$.x",
        rule: "default",
        at: 'models."*".default',
        place: line(9),
        legacy: '"a"',
        candidate: '"b"',
        verdict: "fails",
      },
      { path: "$.hint", verdict: "advice", place: line(7) },
      { path: "$.dose", verdict: "fails critically", place: line(8) },
    ]);
    const { config } = await loadConfig({ file: join(dir, "cutover.yaml"), env: {}, flags: {} });
    const { groups } = await compareStage({ ...testSession(store), config }, {});
    expect(shown?.findings.map(({ fingerprint }) => fingerprint).sort()).toEqual(
      groups.map((g) => g.fingerprint).sort(),
    );
  });

  test("of equal bytes is a match, and says so", async () => {
    expect(await one(pairOf({ a: 1 }, { a: 1 }))).toMatchObject({
      outcome: "match",
      why: "equal bytes",
      findings: [],
      accepted: [],
      diff: { as: "equal" },
    });
  });

  test("within tolerance is a match, with the rule that accepts each difference", async () => {
    const pair = pairOf({ score: 1, tags: ["a", "b"], n: 1 }, { score: 1.0005, tags: ["b", "a"], n: 1 });
    const shown = await one({ ...pair, candidate: pair.candidate?.replace('"n":1', '"n":1.0') ?? "" });
    expect(shown).toMatchObject({ outcome: "match", why: "within tolerance: 4 values differ as the rules allow" });
    expect(shown.accepted).toMatchObject([
      {
        path: "$.score",
        legacy: "1",
        candidate: "1.0005",
        by: [{ rule: "number (atol 0.001, rtol 0)", place: line(4) }],
      },
      { path: "$.tags[0]", by: [{ rule: "list (mode set)", place: line(6) }] },
      { path: "$.tags[1]", by: [{ rule: "list (mode set)" }] },
      { path: "$.n", legacy: "1", candidate: "1.0", by: [] },
    ]);
  });

  test("that an ignore rule accepts, or that differs by advice alone, is no plain match", async () => {
    expect(await one(pairOf({ wall: 1 }, { wall: 2 }))).toMatchObject({
      outcome: "ignored",
      why: "only what an ignore rule accepts differs",
      accepted: [{ path: "$.wall", by: [{ place: line(5) }] }],
    });
    expect(await one(pairOf({ hint: 1 }, { hint: 2 }))).toMatchObject({
      outcome: "match",
      why: "only rules of weight advise fail",
    });
  });

  test("with both sides' status, latency, times and the request", async () => {
    const shown = await one(
      pairOf({ a: 1 }, { a: 1 }, { input: '{"q":1}', latencyMs: 42, legacyLatencyMs: 7, modelVersion: "v3" }),
    );
    expect(shown).toMatchObject({
      model: "m",
      modelVersion: "v3",
      capturedAt: "2023-11-14T22:13:21.009Z",
      request: { type: "application/json", bytes: 7, text: '{"q":1}' },
      legacy: { status: 200, latencyMs: 7 },
      candidate: { outcome: "ok", status: 200, latencyMs: 42, attempts: 1, replayedAt: "1970-01-01T00:00:00.001Z" },
      again:
        "echo t@01234567/1/1009 | cutover --config " +
        join(dir, "cutover.yaml") +
        " replay --target candidate --ids - --fresh",
    });
  });

  test("that failed says how", async () => {
    expect(await one({ legacy: "{}", outcome: "timeout" })).toMatchObject({
      outcome: "notComparable",
      why: "no answer: timeout",
      candidate: { outcome: "timeout", status: null, text: null },
      diff: null,
    });
    expect(await one({ legacy: "{", candidate: "{}" })).toMatchObject({
      outcome: "notComparable",
      why: "legacy's answer is not what its media type says",
    });
    expect(await one(pairOf({}, {}, { status: 500 }))).toMatchObject({
      outcome: "mismatch",
      findings: [{ kind: "error_new" }],
    });
  });

  test("without a result says what replay skipped", async () => {
    expect(await one({ legacy: "{}" })).toMatchObject({
      outcome: "notAnswered",
      why: "no result is stored: the run was not sent to its end",
      candidate: null,
    });
    expect(await one({ legacy: "{}" }, { skips: { m: { endpoint_missing: 1 } } })).toMatchObject({
      why: "replay skipped records of its model (1 endpoint missing)",
    });
  });

  test("of a sequential run says whether its turn has not come, or is not needed", async () => {
    const store = await buildLake({ objects: [Array.from({ length: 40 }, () => ({ legacy: "{}" }))] });
    const why = async (decided: Record<string, number>): Promise<Set<string | undefined>> => {
      await writeSequence(store, RUN, { version: 1, rules: "x", below: 1 / 64, decided });
      const all = Array.from({ length: 40 }, (_, i) => show(store, `t@01234567/0/${1000 + i}`));
      return new Set((await Promise.all(all)).map(({ records }) => records[0]?.why));
    };
    const inLayer = "no result is stored: the run was not sent to its end";
    expect(await why({})).toContain("the run was sequential, and has not come to this record");
    expect(await why({ m: 1 / 64 })).toContain(
      "the run was sequential, and its model's verdict was certain before this record's turn",
    );
    expect(await why({ m: 1 })).toEqual(new Set([inLayer]));
  });

  test("is found whatever bucket and commit hold its answer", async () => {
    const pairs = Array.from({ length: 30 }, (_, i) => pairOf({ i }, { i: i + 1 }));
    const store = await buildLake({ objects: [pairs], buckets: 3, commitRows: 4 });
    for (const i of [0, 1, 2, 11, 29]) {
      const { records } = await show(store, `t@01234567/0/${1000 + i}`);
      expect(records[0]?.candidate?.text).toBe(JSON.stringify({ i: i + 1 }));
    }
  });

  test("shows no masked value, and says that it differs", async () => {
    const secret = (mail: string) => ({ user: { email: mail, n: 1 }, score: 1 });
    const pair = pairOf(secret("SECRET1"), secret("SECRET2"), { input: JSON.stringify(secret("SECRET3")) });
    const shown = await one(pair);
    const result = { run: RUN, target: "candidate", asked: "x", found: 1, records: [shown] };
    const text = renderShow(result, { color: false, columns: 100 });
    for (const output of [text, JSON.stringify(result)]) expect(output).not.toMatch(/SECRET/);
    expect(shown.request.text).toBe('{"user":{"email":"•••","n":1},"score":1}');
    expect(text).toMatch(/≠ \$\.user\.email +"•••" +"•••" \(masked; they differ\)/);
  });
});

describe("a name", () => {
  test("that several records have shows the first, and counts all", async () => {
    const store = await buildLake({
      objects: [0, 1].map(() =>
        Array.from({ length: 20 }, (_, i) => ({ ...pairOf({ i }, { i }), id: i % 5 ? `x${i}` : "same" })),
      ),
    });
    const result = await show(store, "same");
    expect([result.found, result.records.length]).toEqual([8, 5]);
    expect(result.records.map(({ position }) => position)).toEqual(
      [0, 5, 10, 15].map((n) => `t@01234567/0/${1000 + n}`).concat("t@01234567/1/1000"),
    );
    expect(renderShow(result, { color: false, columns: 80 })).toContain("… and 3 more records of this id");
  });

  test("in the form of a position that is no position of the run is an id", async () => {
    const store = await buildLake({ objects: [[{ ...pairOf({}, {}), id: "topic/0/5" }]] });
    expect((await show(store, "topic/0/5")).records[0]?.id).toBe("topic/0/5");
  });

  test.each<[string, string, Partial<LakeSpec>, string, RegExp]>([
    ["a run that is not there", "id-0-1000", { run: "other" }, "RUN_MISSING", /there is no run r1/],
    ["an id that is nowhere", "nobody", {}, "USAGE", /holds no record of this id/],
    ["a position beyond its object", "t@01234567/0/9999", {}, "USAGE", /holds no record of this position or id/],
    [
      "a record that the run did not ask for",
      "id-0-1000",
      { query: { models: ["n"] } },
      "USAGE",
      /this run did not ask for it/,
    ],
  ])("that is %s is told", async (_name, record, lake, code, message) => {
    const store = await buildLake({ objects: [[pairOf({}, {}), { ...pairOf({}, {}), model: "n" }]], ...lake });
    await expect(show(store, record)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("whose capture object was pruned is told as gone, not as unknown", async () => {
    const store = await buildLake({ objects: [equalPairs(2), equalPairs(2)] });
    await store.delete(["captures/t@01234567/0/00000000000000001000.parquet"]);
    for (const record of ["t@01234567/0/1001", "id-0-1001"]) {
      await expect(show(store, record)).rejects.toMatchObject({
        code: "STORE_MISSING",
        details: {
          place: expect.stringContaining("00000000000000001000"),
          hint: expect.stringContaining("cutover export r1"),
        },
      });
    }
    expect((await show(store, "id-1-1001")).records).toHaveLength(1);
  });
});

test("a position is found by its object and its commits alone, whatever else the run holds", async () => {
  const store = await buildLake({ objects: Array.from({ length: 20 }, () => equalPairs(30)), commitRows: 30 });
  const read = new Set<string>();
  const counting: Store = {
    ...store,
    get: (key, ...rest) => {
      read.add(key);
      return store.get(key, ...rest);
    },
  };
  await show(counting, "t@01234567/7/1012");
  expect([...read].filter((key) => key.endsWith(".parquet"))).toEqual([
    "captures/t@01234567/7/00000000000000001000.parquet",
    "replays/r1/t@01234567~7~00000000000000001000~0~000000.parquet",
  ]);
});

describe("on a terminal", () => {
  const HOSTILE = "\u001b[31mred\u202e::error::x\n##[group]\u0000";
  const pairs: PairSpec[] = [
    pairOf(
      { score: 1, text: "the quick brown fox ".repeat(40), list: Array.from({ length: 90 }, (_, i) => i) },
      {
        score: 3,
        text: `${"the quick brown fox ".repeat(20)}jumps ${"the quick brown fox ".repeat(20)}`,
        list: Array.from({ length: 90 }, (_, i) => i + 1),
      },
    ),
    {
      ...pairOf(
        { [HOSTILE]: HOSTILE },
        { [HOSTILE]: `${HOSTILE}!` },
        { input: JSON.stringify({ [HOSTILE]: HOSTILE }) },
      ),
      id: HOSTILE,
      modelVersion: HOSTILE,
    },
    { legacy: "{}", outcome: "timeout" },
    { legacy: "{}" },
  ];

  test.each([50, 80, 132, 400])("fits %i columns, with the same text in colour and without", async (columns) => {
    const store = await buildLake({ objects: [pairs] });
    for (const [at] of pairs.entries()) {
      const result = await show(store, `t@01234567/0/${1000 + at}`);
      const plain = renderShow(result, { color: false, columns });
      const coloured = stripVTControlCharacters(renderShow(result, { color: true, columns }));
      const wide = plain.split("\n").filter((text) => displayWidth(text) > columns && !text.startsWith("  echo "));
      expect(wide).toEqual([]);
      expect(plain).not.toContain("\u001b");
      // Without colour what differs inside a line is marked by signs.
      if (at > 1) expect(coloured).toBe(plain);
    }
  });

  test("hostile values are inert", async () => {
    const store = await buildLake({ objects: [pairs] });
    const text = renderShow(await show(store, "t@01234567/0/1001"), { color: false, columns: 100 });
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Cs}/u);
    expect(text).not.toContain("##[");
    for (const shown of text.split("\n")) expect(shown.trimStart()).not.toMatch(/^::/);
  });

  test("long values are cut to where they part, long lists to their first differences", async () => {
    const store = await buildLake({ objects: [pairs] });
    const text = renderShow(await show(store, "t@01234567/0/1000"), { color: false, columns: 100 });
    expect(text).toContain("{+jumps +}");
    expect(text).toMatch(/… and \d+ more values that differ \(--json\)/);
    expect(text.split("\n").length).toBeLessThan(120);
  });
});

test("bodies that are no documents are compared by line, or byte by byte", async () => {
  const { diffBodies } = await import("../../../compare/show/bodies.ts");
  const answer = (type: string, body: string | Uint8Array) => ({ status: 200, type, body: Buffer.from(body) });
  expect(diffBodies(answer("text/plain", "a\nb"), answer("text/plain", "a\nc"), null).shown).toMatchObject({
    as: "text",
  });
  expect(diffBodies(answer("application/json", '{"a":'), answer("application/json", "{}"), null).shown.as).toBe("text");
  expect(
    diffBodies(answer("image/png", Uint8Array.of(0, 1)), answer("image/png", Uint8Array.of(0, 2)), null).shown,
  ).toEqual({
    as: "bytes",
    rows: [{ offset: 0, legacy: "00 01", candidate: "00 02" }],
    cut: 0,
  });
  expect(diffBodies(answer("text/csv", "1,2"), answer("text/csv", "1,3"), null).shown.as).toBe("json");
});
