import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addCaptureCommands } from "../../capture/command.ts";
import { type PinResult, pinStage, pinsStage } from "../../capture/pins.ts";
import { replayStage } from "../../replay/stage.ts";
import { readRun } from "../../src/lake/run.ts";
import type { Runner } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { httpTo, QUICK, readResults, rows, sessionOf, writeCapture } from "../replay/world.ts";
import { type MisbehavingServer, misbehavingServer } from "../support/misbehaving-server.ts";

let server: MisbehavingServer;
let store: Store;
let keys: string[];
beforeEach(async () => {
  server = await misbehavingServer(() => ({ do: "answer" }));
  store = memoryStore();
  keys = [];
  for (const first of [0, 40, 80])
    keys.push(await writeCapture(store, rows(first, 40, first === 80 ? ["c"] : ["a", "b"])));
});
afterEach(() => server.close());
const session = () => sessionOf(store, { t: httpTo(server.url) });
const sent = async (run: string) => (await readResults(store, run)).map(({ offset }) => offset);

describe("captures pin", () => {
  test("keeps a selection that every replay sends, whatever is captured later", async () => {
    const kept = await pinStage(session(), "smoke", { limit: "5" });
    expect(kept).toMatchObject({ kept: "now", key: "pins/smoke.json", records: 15, models: { a: 5, b: 5, c: 5 } });
    await writeCapture(store, rows(120, 200, ["a", "b", "c"]));
    const first = await replayStage(session(), { target: "t", pin: "smoke", run: "ci-1" }, QUICK);
    const second = await replayStage(session(), { target: "t", pin: "smoke", run: "ci-2" }, QUICK);
    expect([first, second]).toMatchObject([{ replayed: 15 }, { replayed: 15 }]);
    expect(await sent("ci-2")).toEqual(await sent("ci-1"));
    expect(await readRun(store, "ci-2")).toMatchObject({ pin: "smoke", query: { limitPerModel: 5 } });
    expect(server.seen).toHaveLength(30);
  });

  test("a replay of a pin is resumed by the same command, and sent again by --fresh", async () => {
    await pinStage(session(), "smoke", { limit: "5" });
    const first = await replayStage(session(), { target: "t", pin: "smoke" }, QUICK);
    expect(await replayStage(session(), { target: "t", pin: "smoke" }, QUICK)).toMatchObject({
      run: first.run,
      now: { sent: 0 },
    });
    const fresh = await replayStage(session(), { target: "t", pin: "smoke", fresh: true }, QUICK);
    expect(fresh.run).not.toBe(first.run);
    expect(await sent(fresh.run)).toEqual(await sent(first.run));
  });

  test("again keeps what was kept; another selection under the same name is refused", async () => {
    const first = await pinStage(session(), "smoke", { limit: "5", model: ["a", "b"] });
    await writeCapture(store, rows(120, 50, ["a"]));
    const again = await pinStage(session(), "smoke", { limit: "5", model: ["b", "a"] });
    expect(again).toEqual({ ...first, kept: "before" });
    await expect(pinStage(session(), "smoke", { limit: "6" })).rejects.toMatchObject({
      code: "USAGE",
      details: { expected: "models a, b, at most 5 of each model", received: "all models, at most 6 of each model" },
    });
  });

  test("of two that keep at the same time both get the same pin", async () => {
    const both = await Promise.all([1, 2].map(() => pinStage(session(), "smoke", {})));
    expect(both.map(({ kept }: PinResult) => kept).sort()).toEqual(["before", "now"]);
    expect(both[0]?.createdAt).toBe(both[1]?.createdAt);
  });

  test("--dry-run keeps nothing", async () => {
    expect(await pinStage(session(), "smoke", { dryRun: true })).toMatchObject({ kept: "dry run", records: 120 });
    expect(await pinsStage(session(), {})).toEqual({ pins: [] });
  });

  test("without a name lists what is kept", async () => {
    await pinStage(session(), "b", { model: ["c"] });
    await pinStage(session(), "a", { limit: "1" });
    expect(await pinsStage(session(), {})).toMatchObject({
      pins: [
        { name: "a", records: 3 },
        { name: "b", records: 40, objects: 1, selection: "models c" },
      ],
    });
  });
});

describe("a pin that cannot be replayed is told before anything is sent", () => {
  const replayed = () => replayStage(session(), { target: "t", pin: "smoke" }, QUICK);
  test.each<[string, () => Promise<unknown>, string]>([
    ["an object is gone", () => store.delete([keys[0] as string]), "no such object"],
    [
      "an object has other rows",
      async () => {
        await store.delete([keys[0] as string]);
        await writeCapture(store, rows(0, 40, ["b", "a"]));
      },
      "",
    ],
  ])("%s", async (_, happen, received) => {
    await pinStage(session(), "smoke", { model: ["a"] });
    await happen();
    await expect(replayed()).rejects.toMatchObject({
      code: "RUN_INVALID",
      details: {
        place: expect.stringContaining(keys[0] as string),
        received: expect.stringContaining(received),
        hint: expect.stringContaining("captures pin"),
      },
    });
    expect(server.seen).toHaveLength(0);
  });

  test("not where an object went of which it holds nothing", async () => {
    await pinStage(session(), "smoke", { model: ["a"] });
    await store.delete([keys[2] as string]);
    expect(await replayed()).toMatchObject({ replayed: 40 });
  });

  test("nor where a copied store has other ETags and the same content", async () => {
    await pinStage(session(), "smoke", { model: ["a"] });
    const copied: Store = {
      ...store,
      async *list(prefix, options) {
        for await (const info of store.list(prefix, options)) yield { ...info, etag: `copy-${info.etag}` };
      },
    };
    const found = await replayStage({ ...session(), store: copied }, { target: "t", pin: "smoke" }, QUICK);
    expect(found).toMatchObject({ replayed: 40 });
  });

  test("a name that is not kept, with those that are", async () => {
    await pinStage(session(), "other", {});
    await expect(replayed()).rejects.toMatchObject({
      code: "USAGE",
      details: { expected: "one of other", hint: expect.stringContaining("cutover captures pin smoke") },
    });
  });

  test.each([
    [{ pin: "smoke", model: ["a"] }, "--pin takes over a whole selection"],
    [{ pin: "smoke", sameAs: "r" }, "--same-as and --pin"],
    [{ pin: "../x" }, "no name for a pin"],
    [{ sameAs: "r", only: "failed", from: "r" }, "--same-as takes over a whole selection"],
  ])("%j", async (flags, message) => {
    await expect(replayStage(session(), { target: "t", ...flags }, QUICK)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(message),
    });
  });
});

describe("argv", () => {
  async function parse(line: string): Promise<unknown> {
    let seen: unknown;
    const run: Runner = () => async (options) => {
      seen = options;
    };
    const program = new Command("cutover").exitOverride().configureOutput({ writeErr() {} });
    addCaptureCommands(program, run);
    await program.parseAsync(line.split(" "), { from: "user" });
    return seen;
  }
  test.each([
    ["captures pin", { name: undefined }],
    ["captures pin smoke", { name: "smoke" }],
    [
      "captures pin smoke --model a --model b/* --since 2026-01-01 --limit 5 --dry-run",
      { name: "smoke", model: ["a", "b/*"], since: String(Date.UTC(2026, 0, 1)), limit: "5", dryRun: true },
    ],
    ["captures pin bad --only group:1:ab --from r1", { name: "bad", only: "group:1:ab", from: "r1" }],
    ["captures --model a pin smoke --model b", { name: "smoke", model: ["a", "b"] }],
    ["captures --model a", { model: ["a"] }],
  ])("%s", async (line, expected) => {
    expect(await parse(line)).toEqual(expected);
  });

  test("a flag that only the listing has is refused", async () => {
    await expect(parse("captures pin smoke --audit")).rejects.toMatchObject({
      code: "USAGE",
      message: "--audit does not go with captures pin",
    });
  });
});
