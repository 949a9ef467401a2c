import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detectReporters, parseReporter, report } from "../../../compare/ci/reporters.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { testSession } from "../pipeline-lake.ts";
import { fleet, summaryFixture } from "../report/summaries.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-ci-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each([
  ["junit", [{ name: "junit", file: "junit.xml" }]],
  ["junit=out/a=b.xml", [{ name: "junit", file: "out/a=b.xml" }]],
  ["markdown", [{ name: "markdown", file: "cutover.md" }]],
  ["github", [{ name: "github", file: null }]],
  ["none", []],
])("--reporter %s", (text, reporters) => {
  expect(parseReporter(text)).toEqual(reporters);
});

test.each(["teamcity", "junit=", "github=x", "", "toString"])("--reporter %s is refused", (text) => {
  expect(() => parseReporter(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("GitHub is detected, and nothing else", () => {
  expect(detectReporters({ GITHUB_ACTIONS: "true" })).toEqual([{ name: "github", file: null }]);
  expect(detectReporters({ GITLAB_CI: "true" })).toEqual([]);
});

describe("reporting", () => {
  test("writes the files asked for", async () => {
    const [junit, markdown] = [join(dir, "a.xml"), join(dir, "a.md")];
    const session = testSession(memoryStore());
    await report(
      session,
      summaryFixture("fail"),
      [
        { name: "junit", file: junit },
        { name: "markdown", file: markdown },
      ],
      {},
    );
    expect(await readFile(junit, "utf8")).toMatch(/^<\?xml/);
    expect(await readFile(markdown, "utf8")).toMatch(/^## ❌ cutover: FAIL/);
    expect(session.out).toEqual([]);
  });

  test("to a file that cannot be written is refused", async () => {
    const reporters = [{ name: "junit", file: join(dir, "no/such/folder.xml") }] as const;
    const attempt = report(testSession(memoryStore()), summaryFixture("pass"), reporters, {});
    await expect(attempt).rejects.toMatchObject({ code: "USAGE" });
  });

  test("to GitHub annotates lines of the config, and adds to the step's summary within its bound", async () => {
    const [summary, config] = [join(dir, "summary.md"), join(dir, "cutover.yaml")];
    await writeFile(summary, "x".repeat(950_000));
    await writeFile(config, 'models:\n  "*":\n    default: exact\n    gate: {}\n');
    const session = { ...testSession(memoryStore()), configFile: config };
    await report(session, fleet(400, 50), [{ name: "github", file: null }], { GITHUB_STEP_SUMMARY: summary });
    expect(session.out.join("")).toMatch(/^::error file=\S*cutover\.yaml,line=4,title=client/);
    const text = await readFile(summary, "utf8");
    expect(text).toContain("## ❌ cutover: FAIL");
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000);
  });
});
