import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFunctions } from "../../compare/functions.ts";
import { compareStage } from "../../compare/run-compare.ts";
import { selfTestStage } from "../../compare/selftest/stage.ts";
import { loadConfig } from "../../src/config/load.ts";
import { rulesHash } from "../../src/config/models.ts";
import type { Config } from "../../src/config/schema.ts";
import { buildLake, equalPairs, testSession } from "./pipeline-lake.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-functions-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

let count = 0;
/** A config with one custom rule, beside a module of this text, read from another folder. */
async function configWith(module: string | null, use = "./checks.mjs#same"): Promise<Config> {
  const folder = join(dir, `case-${count++}`);
  await mkdir(folder);
  if (module !== null) await writeFile(join(folder, "checks.mjs"), module);
  const file = join(folder, "cutover.yaml");
  await writeFile(file, `models: { "*": { rules: [ { path: $.label, type: custom, use: "${use}" } ], gate: {} } }\n`);
  return (await loadConfig({ file, env: {}, flags: {}, cwd: tmpdir() })).config;
}

const silent = { warn: () => {} };
const SAME = "export const same = (a, b) => a.toLowerCase() === b.toLowerCase();\n";

describe("functions of custom rules", () => {
  test("are found beside the config file", async () => {
    const functions = await loadFunctions(await configWith(SAME), silent);
    expect(functions.find("./checks.mjs#same")?.("A", "a", { path: "$", legacyText: "", candidateText: "" })).toBe(
      true,
    );
  });

  test("judge a run, with the values as plain JavaScript and the texts as written", async () => {
    const module = `export const same = (a, b, at) => JSON.stringify([a, b, at]) ===
      '[{"n":9007199254740992},{"n":9007199254740992},{"path":"$.label","legacyText":"{\\\\"n\\\\":9007199254740993}","candidateText":"{\\\\"n\\\\": 9007199254740993}"}]';\n`;
    const config = await configWith(module);
    const store = await buildLake({
      objects: [[{ legacy: '{"label":{"n":9007199254740993}}', candidate: '{"label":{"n": 9007199254740993}}' }]],
    });
    const summary = await compareStage({ ...testSession(store), config }, {});
    expect(summary.outcomes).toEqual({ match: 1, mismatch: 0, ignored: 0 });
    expect(summary.unusedRules).toEqual([]);
  });

  test("that throw make mismatches of kind rule_error, and the first throw is logged", async () => {
    const config = await configWith('export function same() { throw new Error("on purpose"); }\n');
    const differing = { legacy: '{"label":"a"}', candidate: '{"label":"b"}' };
    const store = await buildLake({ objects: [[...equalPairs(3), differing, differing]] });
    const warned: unknown[] = [];
    const session = testSession(store);
    const log = { ...session.log, warn: (message: string, fields?: object) => void warned.push([message, fields]) };
    const summary = await compareStage({ ...session, config, log }, {});
    expect(summary.verdict).not.toBe("pass");
    expect(summary.models.m?.fields["$.label"]?.custom).toMatchObject({ k: 2, kinds: { rule_error: 2 } });
    expect(warned).toEqual([
      [
        "a custom rule failed: its pairs are mismatches of kind rule_error",
        { rule: "./checks.mjs#same", path: "$.label", because: "threw on purpose" },
      ],
    ]);
  });

  test("are there for the self-test, too", async () => {
    const store = await buildLake({ objects: [equalPairs(60)] });
    const { models } = await selfTestStage({ ...testSession(store), config: await configWith(SAME) }, {});
    expect(Object.keys(models)).toEqual(["m"]);
  });

  test.each([
    ["a module that is not there", null, undefined, /cannot be read/],
    ["a module that is no JavaScript", "export const = 1;\n", undefined, /cannot be loaded/],
    ["a module that throws", 'throw new Error("at once");\n', undefined, /cannot be loaded: at once/],
    ["a function that is not there", SAME, "./checks.mjs#sam", /exports no function sam/],
    ["a name that is no function", "export const same = 1;\n", undefined, /exports no function same/],
  ])("%s is a CONFIG error at the rule", async (_name, module, use, message) => {
    const config = await configWith(module, use);
    await expect(loadFunctions(config, silent)).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringMatching(message),
      details: { place: 'models."*".rules[0].use', hint: expect.any(String) },
    });
  });

  test("a config whose module is not there can be read by who does not judge", async () => {
    expect((await configWith(null)).ruleModules).toEqual({
      "./checks.mjs": { file: expect.any(String), sha256: null },
    });
  });

  test("another content of the module is another comparison, another place of it is not", async () => {
    const hash = async (module: string | null) => rulesHash(await configWith(module));
    expect(await hash(SAME)).toBe(await hash(SAME));
    expect(await hash(`${SAME}// changed`)).not.toBe(await hash(SAME));
    expect(await hash(null)).not.toBe(await hash(SAME));
  });
});
