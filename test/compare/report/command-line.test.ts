import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { addCompareCommands } from "../../../compare/command.ts";
import { commandLine } from "../../../compare/report/command-line.ts";
import { renderRuns } from "../../../compare/runs.ts";
import { renderQueued } from "../../../replay/queue.ts";

test("says what it is about, then its options, with the program's own flags before", () => {
  const parts = { about: ["r1", "t@0a/0/1"], flags: { "--out": "a b" } };
  expect(commandLine("show", parts)).toBe("cutover show r1 t@0a/0/1 --out 'a b'");
  expect(commandLine("show", { ...parts, given: { config: "c.yaml" } })).toBe(
    "cutover --config c.yaml show r1 t@0a/0/1 --out 'a b'",
  );
  expect(commandLine("gate", {})).toBe("cutover gate");
});

test("the first words of an empty store and of a queue name the flags, too", () => {
  const given = { config: "my config.yaml", store: "data" };
  const flags = "--config 'my config.yaml' --store data";
  expect(renderRuns([], 80, given)).toBe(`no run yet: cutover ${flags} replay --target NAME makes the first\n`);
  const queued = { run: "r1", target: "t", planned: 1, stored: 1, queue: "q" };
  expect(renderQueued({ ...queued, units: 0 }, given)).toContain(`next: cutover ${flags} compare --run r1\n`);
  expect(renderQueued({ ...queued, units: 2 }, given)).toContain(
    `next: cutover ${flags} worker, as many as there are; cutover ${flags} runs\n`,
  );
});

/** What the program itself understands of a line of plain words. */
async function understood(line: string): Promise<unknown> {
  let options: unknown;
  const program = new Command("cutover").exitOverride().configureOutput({ writeErr: () => {} });
  program.option("--config <file>").option("--store <url>");
  addCompareCommands(program, () => async (given) => {
    options = given;
  });
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(line.split(" ").slice(1), { from: "user" });
  return options;
}

describe("a name that looks like a flag stays a name", () => {
  const run = "--config=theirs.yaml";

  test.each([
    [commandLine("show", { about: [run, "-t@0a/0/1"] }), { run, record: "-t@0a/0/1" }],
    [commandLine("show", { about: ["r1", "--json"] }), { run: "r1", record: "--json" }],
    [commandLine("export", { about: [run], flags: { "--format": "csv" } }), { run, format: "csv" }],
    [commandLine("rules suggest", { about: [run], flags: { "--group": "2:0a" } }), { run, group: ["2:0a"] }],
    [commandLine("gate", { flags: { "--run": run, "--model": "--json" } }), { run, model: ["--json"] }],
    [commandLine("report", { flags: { "--run": run } }), { run }],
    [commandLine("show", { about: ["r1", "id"], given: { config: "-c" } }), { run: "r1", record: "id" }],
  ])("%s", async (line, expected) => {
    expect(await understood(line)).toMatchObject(expected);
  });
});
