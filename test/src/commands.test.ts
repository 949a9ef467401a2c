/** argv → the options each command passes on, with actions that only record them. */
import { Command, CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { addCaptureCommands } from "../../capture/command.ts";
import { addCompareCommands, compareFlags, gateFlags } from "../../compare/command.ts";
import { addDemoCommand } from "../../demo/command.ts";
import { addReplayCommands, replayFlags } from "../../replay/command.ts";
import type { BareRunner } from "../../src/open-session.ts";
import type { Runner } from "../../src/session.ts";
import { addSetupCommands } from "../../src/setup/command.ts";

async function optionsOf(argv: readonly string[]): Promise<unknown> {
  let seen: unknown = "no action ran";
  // The action itself is never called: what it would be given is all that is asked.
  const record = (() => async (options: unknown) => {
    seen = options;
  }) as unknown as Runner & BareRunner;
  const never = () => Promise.reject(new Error("a stage ran"));
  const program = new Command("cutover").exitOverride().configureOutput({ writeErr: () => {} });
  addDemoCommand(program, record, { capture: never, replay: never, compare: never, print: never });
  addSetupCommands(program, record, record, []);
  addCaptureCommands(program, record);
  addReplayCommands(program, record);
  addCompareCommands(program, record);
  gateFlags(compareFlags(replayFlags(program.command("run")))).action(record(never));
  await program.parseAsync([...argv], { from: "user" });
  return seen;
}

describe("argv → options", () => {
  test.each([
    ["demo", { fixed: false, dir: "./cutover-demo", serve: false, reviews: 6000 }],
    ["demo --fixed --dir d --serve", { fixed: true, dir: "d", serve: true, reviews: 6000 }],
    ["init", { force: false }],
    ["init --force", { force: true }],
    ["config --sources", { sources: true, schema: false }],
    ["config --schema", { sources: false, schema: true }],
    ["doctor", {}],
    ["capture", {}],
    ["capture --until end", { until: { kind: "end" } }],
    ["capture --until idle:30s", { until: { kind: "idle", ms: 30_000 } }],
    ["captures --repair", { audit: true, repair: true }],
    [
      "captures --model client-a/* --since 2026-01-31 --until 1767225600000",
      { model: ["client-a/*"], since: Date.UTC(2026, 0, 31), until: 1_767_225_600_000 },
    ],
    ["replay --target t", { target: "t" }],
    [
      "replay --target t --run r --model a --model b/* --since 2026-01-01 --sample 0.1 --limit 5 --ids f --same-as q --fresh --dry-run",
      {
        target: "t",
        run: "r",
        model: ["a", "b/*"],
        since: "2026-01-01",
        sample: "0.1",
        limit: "5",
        ids: "f",
        sameAs: "q",
        fresh: true,
        dryRun: true,
      },
    ],
    ["compare --run r", { run: "r" }],
    ["gate --run r --model a", { run: "r", model: ["a"], selfTest: false }],
    ["gate --self-test", { selfTest: true }],
    ["report --open", { open: true }],
    ["export", { format: "ndjson" }],
    ["export r --format arrow --out f", { run: "r", format: "arrow", out: "f" }],
    ["runs", {}],
    ["runs --watch", { watch: true }],
    ["run --target t --model a --model b", { target: "t", model: ["a", "b"] }],
  ])("cutover %s", async (line, expected) => {
    expect(await optionsOf(line.split(" "))).toEqual(expected);
  });

  test.each([
    "replay",
    "run",
    "export r --format xml",
    "capture --until soon",
    "capture --until idle:0s",
    "captures --since yesterday",
    "nothing",
    "gate --modle a",
  ])("cutover %s is refused", async (line) => {
    await expect(optionsOf(line.split(" "))).rejects.toBeInstanceOf(CommanderError);
  });
});
