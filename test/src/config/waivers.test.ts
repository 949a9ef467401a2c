import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { rulesHash } from "../../../src/config/models.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-waivers-"));
  await writeFile(path.join(dir, "cutover.yaml"), "waivers: waivers.yaml\n");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function load(waivers: string | null) {
  if (waivers === null) await rm(path.join(dir, "waivers.yaml"), { force: true });
  else await writeFile(path.join(dir, "waivers.yaml"), waivers);
  return (await loadConfig({ file: path.join(dir, "cutover.yaml"), env: {}, flags: {} })).config;
}

const entry = (fingerprint: string, more = "") =>
  `- fingerprint: "${fingerprint}"\n  reason: known\n  owner: us\n  expires: 2027-01-31\n${more}`;
const [A, B] = ["2:aaaaaaaaaaaa", "2:bbbbbbbbbbbb"];

describe("the file of waivers", () => {
  test("names a group, or one shape of text of it", async () => {
    const { waiverList } = await load(entry(`${A}.01234567`));
    expect(waiverList?.map(({ fingerprint }) => fingerprint)).toEqual(["2:aaaaaaaaaaaa.01234567"]);
  });

  test("stands beside the config, and is kept in order of fingerprint", async () => {
    const { waiverList } = await load(entry(B) + entry(A));
    expect(waiverList).toEqual([
      { fingerprint: A, reason: "known", owner: "us", expires: "2027-01-31" },
      { fingerprint: B, reason: "known", owner: "us", expires: "2027-01-31" },
    ]);
  });

  test("may be empty, and then changes nothing in what judges", async () => {
    const config = await load("");
    const { waiverList: empty, ...without } = config;
    expect(empty).toEqual([]);
    expect(rulesHash(config)).toBe(rulesHash(without));
  });

  test("is part of what judges: another waiver is another comparison, another order is not", async () => {
    const one = rulesHash(await load(entry(A)));
    expect(rulesHash(await load(entry(B)))).not.toBe(one);
    expect(rulesHash(await load(entry(A) + entry(B)))).toBe(rulesHash(await load(entry(B) + entry(A))));
  });

  test.each<[string, string | null, RegExp]>([
    ["is not there", null, /cannot be read[\s\S]*ENOENT/],
    ["is no list", "a: 1", /expected: a list/],
    ["is no YAML", "- [", /not valid YAML/],
    ["names no group", entry("x"), /waivers\.yaml:1 \[0\]\.fingerprint[\s\S]*such as 2:0123456789ab/],
    [
      "names a group of an earlier scheme",
      entry("1:0123456789ab"),
      /waivers\.yaml:1 \[0\]\.fingerprint[\s\S]*other names[\s\S]*1:0123456789ab[\s\S]*`cutover compare`[\s\S]*`cutover groups RUN`/,
    ],
    ["lacks an owner", `- fingerprint: "${A}"\n  reason: r\n  expires: 2027-01-31`, /\[0\]\.owner[\s\S]*required/],
    ["lacks a day", entry(A).replace("2027-01-31", "soon"), /waivers\.yaml:4[\s\S]*a day such as/],
    ["has a key too many", entry(A, "  model: m\n"), /waivers\.yaml:5[\s\S]*unknown key `model`/],
    ["waives one twice", entry(A) + entry(A), /waivers\.yaml:5[\s\S]*waived twice/],
  ])("that %s is refused by who judges, and by nobody else", async (_name, text, message) => {
    const config = await load(text);
    expect(() => rulesHash(config)).toThrow(message);
  });
});
