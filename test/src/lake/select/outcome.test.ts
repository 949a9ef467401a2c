/** `--only`: what was mismatched, failed, or in a group of another run. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareStage } from "../../../../compare/run-compare.ts";
import { replayStage } from "../../../../replay/stage.ts";
import { rulesHash } from "../../../../src/config/models.ts";
import { summaryKey } from "../../../../src/lake/keys.ts";
import { readRun, type SelectionQuery } from "../../../../src/lake/run.ts";
import { pinOutcome } from "../../../../src/lake/select/outcome.ts";
import { queryOf } from "../../../../src/lake/select/query.ts";
import { compileSelection } from "../../../../src/lake/selection.ts";
import { memoryStore } from "../../../../src/store/memory.ts";
import { httpTo, QUICK, readResults, rows, sessionOf, writeCapture } from "../../../replay/world.ts";
import { type MisbehavingServer, misbehavingServer } from "../../../support/misbehaving-server.ts";

const store = memoryStore();
let server: MisbehavingServer;
let fixed: MisbehavingServer;
let session: ReturnType<typeof sessionOf>;
const numberOf = (body: Buffer): number => (JSON.parse(body.toString()) as { n: number }).n;

/** Of 80 records every tenth fails, every fifth of the others has a wrong value, and 41 a string for a number. */
const fails = (n: number): boolean => n % 10 === 0;
const isWrong = (n: number): boolean => n % 5 === 0 || n === 41;

beforeAll(async () => {
  server = await misbehavingServer(({ body }) => {
    const n = numberOf(body);
    if (fails(n)) return { do: "raw", text: "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort", close: true };
    if (n === 41) return { do: "answer", body: '{"n":"41"}' };
    return isWrong(n) ? { do: "answer", body: `{"n":${n + 1}}` } : { do: "answer" };
  });
  fixed = await misbehavingServer(() => ({ do: "answer" }));
  for (const first of [0, 40]) await writeCapture(store, rows(first, 40, ["a", "b"]), 15);
  session = sessionOf(store, { t: httpTo(server.url, { retry: { attempts: 1 } }), u: httpTo(fixed.url) });
  await replayStage(session, { target: "t", run: "base" }, QUICK);
  await compareStage(session, { run: "base" });
});
afterAll(() => Promise.all([server.close(), fixed.close()]));

const range = (to: number): number[] => Array.from({ length: to }, (_, n) => n);
async function sent(run: string): Promise<number[]> {
  return (await readResults(store, run)).map(({ offset }) => Number(offset));
}
async function groupOf(kind: string): Promise<string> {
  const key = summaryKey("base", rulesHash(session.config).slice(0, 12));
  const { groups } = JSON.parse(new TextDecoder().decode(await store.get(key)));
  return groups.find((each: { kind: string }) => each.kind === kind).fingerprint;
}

describe("a replay of what another run found", () => {
  test("--only failed sends what had no answer", async () => {
    const { run } = await replayStage(session, { target: "u", only: "failed", from: "base" }, QUICK);
    expect(await sent(run)).toEqual(range(80).filter(fails));
  });

  test("--only mismatched sends what differed, and nothing that failed", async () => {
    const { run } = await replayStage(session, { target: "u", only: "mismatched", from: "base" }, QUICK);
    expect(await sent(run)).toEqual(range(80).filter((n) => isWrong(n) && !fails(n)));
  });

  test("--only group:F sends the members of that group", async () => {
    const only = `group:${await groupOf("type")}`;
    const { run } = await replayStage(session, { target: "u", only, from: "base" }, QUICK);
    expect(await sent(run)).toEqual([41]);
    expect((await readRun(store, run)).query.only).toMatchObject({ kind: "group", from: "base" });
  });

  test("is narrowed by the other flags", async () => {
    const options = {
      target: "u",
      only: "mismatched",
      from: "base",
      model: ["a"],
      until: `${Date.UTC(2026, 10, 1, 0, 1)}`,
    };
    const models = (n: number): boolean => n % 2 === 0;
    await expect(replayStage(session, options, QUICK)).rejects.toMatchObject({ code: "NOTHING_SELECTED" });
    const { run } = await replayStage(session, { ...options, model: ["b"] }, QUICK);
    expect(await sent(run)).toEqual(range(60).filter((n) => isWrong(n) && !fails(n) && !models(n)));
  });

  test("is marked in run.json, is pinned exactly, and is resumed by the same command", async () => {
    const options = { target: "t", only: "failed", from: "base", limit: "2" };
    const { run, planned } = await replayStage(session, options, QUICK);
    expect(planned).toBe(2);
    const { query } = await readRun(store, run);
    expect(query.only).toMatchObject({ kind: "failed", from: "base" });
    const again = await replayStage(session, options, QUICK);
    expect(again).toMatchObject({ run, planned: 2, now: { sent: 0 } });
  });

  test("and compare means the same records by run.json alone", async () => {
    const { run } = await replayStage(session, { target: "u", only: "mismatched", from: "base" }, QUICK);
    const summary = await compareStage(session, { run });
    expect(summary.coverage).toMatchObject({ captured: 9, scope: 9, compared: 9, unpaired: 0 });
    expect(summary.problems).toBeUndefined();
  });
});

test("a query by outcome that is not pinned yet selects nothing by accident", async () => {
  const query = await queryOf({ only: "failed", from: "base" });
  expect(() => compileSelection(query)).toThrow("before its positions are pinned");
});

describe("what cannot be looked up is told", () => {
  const look = async (flags: object, rules = rulesHash(session.config)): Promise<SelectionQuery> =>
    pinOutcome(store, await queryOf(flags), rules);

  test.each<[string, object, object]>([
    ["a run that is not there", { only: "failed", from: "nope" }, { code: "RUN_MISSING" }],
    [
      "a group that is not there, with those that are",
      { only: "group:2:0", from: "base" },
      { code: "USAGE", details: { expected: expect.stringContaining("2:"), received: "2:0" } },
    ],
    [
      "an outcome that nothing has",
      { only: "failed", from: "base", model: ["none"] },
      { code: "NOTHING_SELECTED", details: { hint: "leave out --model and --sample" } },
    ],
  ])("%s", async (_, flags, expected) => {
    await expect(look(flags)).rejects.toMatchObject(expected);
  });

  test("a run that was compared under other rules, with the command that mends it", async () => {
    await expect(look({ only: "mismatched", from: "base" }, "0".repeat(64))).rejects.toMatchObject({
      code: "RUN_INVALID",
      details: { expected: "rules 000000000000", hint: "cutover compare --run base" },
    });
  });

  test.each<[object, string]>([
    [{ only: "mismatched" }, "--from RUN"],
    [{ from: "base" }, "--only mismatched"],
    [{ only: "matched", from: "base" }, "mismatched, failed or group:FINGERPRINT"],
    [{ only: "group:", from: "base" }, "mismatched, failed or group:FINGERPRINT"],
  ])("flags %j", async (flags, expected) => {
    await expect(queryOf(flags)).rejects.toMatchObject({
      code: "USAGE",
      details: { expected: expect.stringContaining(expected) },
    });
  });
});
