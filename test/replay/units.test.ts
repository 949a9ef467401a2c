import { expect, test } from "vitest";
import { pinnedRun } from "../../replay/planned.ts";
import { renderResult } from "../../replay/results/result.ts";
import { DEFAULT_TUNING, replayStage } from "../../replay/stage.ts";
import { openUnitReplayer } from "../../replay/units.ts";
import { filled, serve } from "./serving.ts";
import { httpTo, readResults, sessionOf } from "./world.ts";

test("a batch of units is sent and stored, and what was measured of it is told before it ends", async () => {
  const server = await serve();
  const store = await filled();
  const counts = new Map<string, number>();
  const session = sessionOf(store, { t: httpTo(server.url) }, { counts });
  const run = await pinnedRun(session, { target: "t" }, 1, (pinned) => pinned);
  // It ends long before the first look around.
  const replayer = await openUnitReplayer(session, { ...DEFAULT_TUNING, tickMs: 600_000 });
  const batch = {
    kind: "replay" as const,
    run: run.run,
    bucket: 0,
    keys: run.objects.map(({ key }) => key),
    stop: new AbortController().signal,
    mayTry: () => true,
    lanes: 1,
  };
  expect(await replayer.run(batch)).toBe(true);
  await replayer.close();
  expect(await readResults(store, run.run)).toHaveLength(120);
  expect(server.seen).toHaveLength(120);
  expect(counts.get("replay.requests")).toBe(120);
});

test("a request whose bucket was lost while it waited for a connection is not written, and not counted as sent", async () => {
  const server = await serve();
  const store = await filled();
  const session = sessionOf(store, { t: httpTo(server.url) });
  const run = await pinnedRun(session, { target: "t" }, 1, (pinned) => pinned);
  const replayer = await openUnitReplayer(session, DEFAULT_TUNING);
  let asked = 0;
  const batch = {
    kind: "replay" as const,
    run: run.run,
    bucket: 0,
    keys: run.objects.map(({ key }) => key),
    stop: new AbortController().signal,
    // A process that was stopped right after its first look wakes when all is over.
    mayTry: () => asked++ === 0,
    lanes: 1,
  };
  expect(await replayer.run(batch)).toBe(false);
  await replayer.close();
  expect(server.seen).toEqual([]);
  expect(await readResults(store, run.run)).toEqual([]);
  // Whoever has the bucket now sends all of it, and finds nothing that was lost.
  const next = await openUnitReplayer(session, DEFAULT_TUNING);
  expect(await next.run({ ...batch, mayTry: () => true })).toBe(true);
  await next.close();
  expect(server.seen).toHaveLength(120);
});

test("what the retry budget did not allow is in the result, on the terminal and in the metrics", async () => {
  const server = await serve(({ before }) =>
    before < 2 ? { do: "answer", status: 500, body: "no" } : { do: "answer" },
  );
  const counts = new Map<string, number>();
  const retry = { attempts: 5, backoff: "1ms", maxWait: "2s", budget: 0.1 };
  const session = sessionOf(await filled(), { t: httpTo(server.url, { retry }) }, { counts });
  const result = await replayStage(session, { target: "t" });
  const overBudget = result.now.overBudget ?? 0;
  expect(overBudget).toBeGreaterThan(80);
  expect(counts.get("replay.over_budget")).toBe(overBudget);
  expect(renderResult(result)).toContain(`${overBudget} not tried again: the retry budget was spent`);
  // A second call finds all of it stored, and has refused nothing itself.
  const again = await replayStage(session, { target: "t" });
  expect(again.now).toMatchObject({ sent: 0, overBudget: 0 });
  expect(renderResult(again)).not.toContain("budget");
});
