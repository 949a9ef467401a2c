import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forecastStage } from "../../../replay/planned.ts";
import { replayStage } from "../../../replay/stage.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { type MisbehavingServer, misbehavingServer } from "../../support/misbehaving-server.ts";
import { memoryOutput } from "../../support/output.ts";
import { httpTo, QUICK, rows, sessionOf, writeCapture } from "../world.ts";

let server: MisbehavingServer;
let store: Store;
beforeEach(async () => {
  server = await misbehavingServer(() => ({ do: "answer" }));
  store = memoryStore();
  await writeCapture(store, rows(0, 10, ["a", "b"]));
});
afterEach(() => server.close());

/** A session at a terminal on which `typed` was typed. */
function atTerminal(typed: string, isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(typed);
  const stderr = memoryOutput({ isTTY });
  const targets = { t: httpTo(server.url, { production: true, rate: { total: 1_000 } }) };
  const session = sessionOf(store, targets);
  return { session: { ...session, streams: { ...session.streams, stdin, stderr } }, stderr };
}

describe("a target that is marked as production", () => {
  test("gets nothing off a terminal without --yes, and the plan says what it is", async () => {
    const { session } = atTerminal("y\n", false);
    await expect(replayStage(session, { target: "t" }, QUICK)).rejects.toMatchObject({
      code: "USAGE",
      exitCode: 2,
      details: { hint: expect.stringContaining("--yes"), received: expect.stringContaining("10 requests to t") },
    });
    expect(await forecastStage(session, { target: "t" })).toMatchObject({ production: true, requests: 10 });
    expect(server.seen).toHaveLength(0);
  });

  test("gets all with --yes, and a second call has nothing to ask about", async () => {
    const { session } = atTerminal("", false);
    expect(await replayStage(session, { target: "t", yes: true }, QUICK)).toMatchObject({ replayed: 10 });
    expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ now: { sent: 0 } });
  });

  test.each([
    ["y\n", 10],
    ["Yes\n", 10],
    ["n\n", 0],
    ["\n", 0],
    ["", 0],
  ])("at a terminal is asked about, and %j sends %i", async (typed, sent) => {
    const { session, stderr } = atTerminal(typed);
    const replayed = replayStage(session, { target: "t" }, QUICK);
    if (sent === 0)
      await expect(replayed).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining("no") });
    else expect(await replayed).toMatchObject({ replayed: sent });
    expect(stderr.text()).toContain("10 requests to t, which is marked as production, at most 1000 a second");
    expect(server.seen).toHaveLength(sent);
  });
});
