import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJsonText } from "../../compare/json/parse.ts";
import { parsePath } from "../../compare/json/path.ts";
import { coversPath, isAbove } from "../../compare/lint/cover.ts";
import { lintPatterns } from "../../compare/lint/static.ts";
import { type LintReport, lintExitCode, lintStage, renderLint } from "../../compare/lint.ts";
import { rootCursor } from "../../compare/rules/cursor.ts";
import { NO_FUNCTIONS } from "../../compare/rules/custom.ts";
import type { CompiledRule } from "../../compare/rules/rule.ts";
import { compareStage } from "../../compare/run-compare.ts";
import { loadConfig } from "../../src/config/load.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, RUN, testConfig, testSession } from "./pipeline-lake.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-lint-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Lints rules written line by line under the pattern `*`: the first stands on line 4. */
async function lint(
  rules: readonly string[],
  store: Store = memoryStore(),
  extra = "",
  run?: string,
): Promise<LintReport> {
  const text = `models:\n  "*":\n    rules:\n${rules.map((rule) => `      - { ${rule} }\n`).join("")}${extra}`;
  const file = join(dir, "cutover.yaml");
  await writeFile(file, text);
  const { config } = await loadConfig({ file, env: {}, flags: {} });
  const session = { ...testSession(store), config, configFile: file };
  if (run !== undefined) await compareStage(session, { run });
  return lintStage(session, { run });
}

const number = "path: $.a, type: number, atol: 0, rtol: 0";
const ignore = "type: ignore, reason: r, owner: o, expires: 2027-01-01";

describe("rules by themselves", () => {
  test.each<[string, string[], string[]]>([
    ["two types on one path are fine", [number, "path: $.a, type: decision, threshold: 1"], []],
    ["a twin after the first is dead", [number, number], ["error dead [1]"]],
    ["an index under [*] is dead", ["path: '$.a[*]', type: label", "path: '$.a[0]', type: label"], ["error dead [1]"]],
    ["[*] after an index is not", ["path: '$.a[0]', type: label", "path: '$.a[*]', type: label"], []],
    ["another name is not a twin", [number, "path: $.b, type: number, atol: 0, rtol: 0"], []],
    [
      "a second exact rule under a deep one is dead",
      ["path: $..*, type: exact", "path: $.a, type: exact"],
      ["error dead [1]"],
    ],
    [
      "a number rule after a deep one is left with values of another type",
      ["path: $..*, type: number, atol: 0, rtol: 0", number],
      ["warning shadowed [1]"],
    ],
    ["a deep number rule after one at a path is fine", [number, "path: $..*, type: number, atol: 0, rtol: 0"], []],
    [
      "two deep rules of one type: the second is dead",
      ["path: $..*, type: label", "path: $.a..*, type: label"],
      ["error dead [1]"],
    ],
    [
      "a rule under an ignore is dead, whichever comes first",
      ["path: $.a.b, type: exact", `path: $.a, ${ignore}`],
      ["error dead [0]"],
    ],
    ["a rule above an ignore is not", ["path: $.a, type: exact", `path: $.a.b, ${ignore}`], []],
    ["an ignore under an ignore is dead", [`path: $.a, ${ignore}`, `path: $.a.b, ${ignore}`], ["error dead [1]"]],
    ["of two equal ignores the second is", [`path: $.a, ${ignore}`, `path: $.a, ${ignore}`], ["error dead [1]"]],
    ["an error rule under an ignore at $ is not", [`path: $, ${ignore}`, "type: error, map: { '500': '503' }"], []],
    ["a second error rule is dead", ["type: error", "type: error, class: $.code"], ["error dead [1]"]],
    [
      "an ignore of yesterday is expired, and takes nothing away",
      ["path: $.a, type: ignore, reason: r, owner: o, expires: 2026-11-22", "path: $.a.b, type: label"],
      ["error expired [0]"],
    ],
    ["an ignore holds on its last day", ["path: $.a, type: ignore, reason: r, owner: o, expires: 2026-11-23"], []],
    ["presence alone judges no value", ["path: $.a, type: presence, state: required"], ["warning presence_only [0]"]],
    ["presence beside another rule is fine", ["path: $.a, type: presence, state: required", number], []],
    [
      "presence under an exact rule is fine",
      ["path: $, type: exact", "path: $.a, type: presence, state: required"],
      [],
    ],
    [
      "presence above another rule is fine",
      ["path: $.a, type: presence, state: optional", "path: $.a.b, type: label"],
      [],
    ],
    ["presence on one side has no value to judge", ["path: $.a, type: presence, state: legacyOnly"], []],
    [
      "a path that cannot be read is told, beside the others",
      ["path: '$.a[', type: exact", number, number],
      ["error unreadable [0]", "error dead [2]"],
    ],
    [
      "a function that is not there is told, beside the others",
      ["path: $.a, type: custom, use: ./no.mjs#f", number, number],
      ["error unreadable", "error dead [2]"],
    ],
  ])("%s", async (_name, rules, expected) => {
    const { findings, ok, run } = await lint(rules);
    const short = findings.map(({ level, code, place }) =>
      `${level} ${code} ${/\[\d+\]$/.exec(place)?.[0] ?? ""}`.trim(),
    );
    expect(short).toEqual(expected);
    expect(ok).toBe(!expected.some((line) => line.startsWith("error")));
    expect(run).toBeNull();
  });

  test("a mask that cannot be read is told", () => {
    const config = testConfig({ models: { "*": { mask: ["$.a", "$.b["] } } });
    expect(lintPatterns(config, "2026-11-23", NO_FUNCTIONS)).toMatchObject([
      {
        level: "error",
        code: "unreadable",
        at: ["models", "*", "mask", 1],
        message: expect.stringMatching(/found \$\.b\[/),
      },
    ]);
  });

  test("each finding stands at its line, in the order of the file, and names the other rule", async () => {
    const report = await lint([number, number, "path: $.t, type: ignore, reason: r, owner: me, expires: 2026-01-01"]);
    expect(report.findings).toEqual([
      {
        level: "error",
        code: "dead",
        place: `${join(dir, "cutover.yaml")}:5 models."*".rules[1]`,
        message: 'models."*".rules[0] is of the same type, takes in this path and comes first',
      },
      {
        level: "error",
        code: "expired",
        place: `${join(dir, "cutover.yaml")}:6 models."*".rules[2]`,
        message: "expired on 2026-01-01, its owner is me: its differences count again",
      },
    ]);
    expect(lintExitCode(report)).toBe(1);
    expect(renderLint(report)).toContain(
      "2 errors, 0 warnings; no comparison under these rules was read: cutover compare",
    );
    expect(renderLint(report, { config: "my config.yaml" })).toContain("cutover --config 'my config.yaml' compare\n");
  });
});

test("a waiver of yesterday is expired, one of today is not", async () => {
  const waiver = (fingerprint: string, expires: string) => ({ fingerprint, reason: "r", owner: "me", expires });
  const session = testSession(memoryStore());
  const waiverList = [waiver("2:aaaaaaaaaaaa", "2026-11-22"), waiver("2:bbbbbbbbbbbb", "2026-11-23")];
  const report = await lintStage({ ...session, config: { ...session.config, waiverList } }, {});
  expect(report.findings).toEqual([
    {
      level: "error",
      code: "expired",
      place: "waivers",
      message: "the waiver of 2:aaaaaaaaaaaa expired on 2026-11-22, its owner is me: its differences count again",
    },
  ]);
  expect(lintExitCode(report)).toBe(1);
});

describe("with a comparison", () => {
  const pairs = [{ legacy: '{"a":1,"b":"x"}', candidate: '{"a":2,"b":"x"}' }];

  test("rules that matched nothing, and paths without a rule", async () => {
    const store = await buildLake({ objects: [pairs] });
    const report = await lint([number, "path: $.nowhere, type: label"], store, "", RUN);
    expect(report.run).toBe(RUN);
    expect(report.findings.map(({ level, code, message }) => [level, code, message])).toEqual([
      ["error", "uncovered", "no rule and no default for $.b of m"],
      ["warning", "matched_nothing", "no pair of the run holds a value at $.nowhere"],
    ]);
  });

  test("a dead rule is not told again for matching nothing", async () => {
    const store = await buildLake({ objects: [pairs] });
    const report = await lint([number, number], store, "    default: exact\n", RUN);
    expect(report.findings.map(({ code }) => code)).toEqual(["dead"]);
  });

  test("a pattern without a model, and a rule that stands behind an earlier pattern for every model", async () => {
    const store = await buildLake({ objects: [pairs] });
    const later = `    default: exact\n  "m*":\n    rules: [ { ${number} } ]\n  "other/*": { default: exact }\n`;
    const report = await lint([number], store, later, RUN);
    expect(report.ok).toBe(true);
    expect(report.findings.map(({ level, code, message }) => [level, code, message])).toEqual([
      [
        "warning",
        "shadowed",
        'for every model of the run: models."*".rules[0] is of the same type, takes in this path and comes first',
      ],
      ["warning", "no_model", "the run holds no model of this name"],
    ]);
  });

  test("of a run that was compared under other rules is refused when the run is named", async () => {
    const store = await buildLake({ objects: [pairs] });
    await compareStage(testSession(store), {});
    const session = testSession(store, { models: { "*": { rules: [{ path: "$.a", type: "exact" }] } } });
    await expect(lintStage(session, { run: RUN })).rejects.toMatchObject({ code: "COMPARE_MISSING" });
    expect((await lintStage(session, {})).run).toBeNull();
  });
});

describe("coversPath and isAbove", () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom(".a", ".b", "[*]", "[0]", "[1]"), { maxLength: 3 }), fc.boolean())
    .map(([steps, deep]) => `$${steps.join("")}${deep ? "..*" : ""}`);
  const document = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constant(1),
      fc.array(tie("value"), { maxLength: 2 }),
      fc.record({ a: tie("value"), b: tie("value") }, { requiredKeys: [] }),
    ),
  })).value;

  /** Places of a document that a path takes in, as the walk finds them. */
  function placesOf(path: string, value: unknown): Set<string> {
    const rule = { type: "label", index: 0, path: parsePath(path, "") } as CompiledRule;
    const found = new Set<string>();
    const visit = (node: unknown, cursor: ReturnType<typeof rootCursor>, at: string): void => {
      if (cursor.values.length > 0) found.add(at);
      if (Array.isArray(node)) for (const [i, item] of node.entries()) visit(item, cursor.child(i), `${at}/${i}`);
      else if (node !== null && typeof node === "object") {
        for (const [name, item] of Object.entries(node)) visit(item, cursor.child(name), `${at}/${name}`);
      }
    };
    visit(value, rootCursor([rule]), "");
    return found;
  }

  test("say what the walk does on any document", () => {
    let covered = 0;
    fc.assert(
      fc.property(text, text, document, (outer, inner, value) => {
        expect(parseJsonText(JSON.stringify(value)).ok).toBe(true);
        const [wide, narrow] = [placesOf(outer, value), placesOf(inner, value)];
        const [a, b] = [parsePath(outer, ""), parsePath(inner, "")];
        if (coversPath(a, b)) {
          covered++;
          expect([...narrow].filter((place) => !wide.has(place))).toEqual([]);
        }
        if (isAbove(a, b)) {
          const above = (place: string) => [...wide].some((one) => place === one || place.startsWith(`${one}/`));
          expect([...narrow].filter((place) => !above(place))).toEqual([]);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(covered).toBeGreaterThan(100);
  });
});
