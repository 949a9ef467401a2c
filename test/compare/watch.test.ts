import { afterEach, describe, expect, test } from "vitest";
import { type Look, progressOf, watchRuns } from "../../compare/watch.ts";
import { replayStage } from "../../replay/stage.ts";
import { readCalls } from "../../src/lake/calls.ts";
import { listRuns } from "../../src/lake/run.ts";
import type { Logger } from "../../src/log.ts";
import type { Session } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { httpTo, QUICK, rows, sessionOf, writeCapture } from "../replay/world.ts";
import { type Act, type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";

let server: MisbehavingServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A session whose progress is kept. */
function watching(store: Store, signal?: AbortSignal): { session: Session; shown: string[] } {
  const shown: string[] = [];
  const session = sessionOf(store, {}, signal ? { signal } : {});
  const log: Logger = { ...session.log, progress: (line) => void shown.push(line) };
  return { session: { ...session, log }, shown };
}

async function replaying(store: Store, script: (seen: Seen) => Act) {
  server = await misbehavingServer(script);
  await writeCapture(store, rows(0, 90, ["a", "b", "c"]));
  const concurrency = { perEndpoint: 2, total: 3 };
  const session = sessionOf(store, { t: httpTo(server.url, { concurrency }) });
  const done = replayStage(session, { target: "t", run: "r1" }, QUICK);
  while ((await listRuns(store)).length === 0 || (await readCalls(store, "r1")).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return done;
}

const FAST = { everyMs: 20, stillMs: 20_000 };

describe("runs --watch", { timeout: 60_000 }, () => {
  test("tells rate, what is left and parked endpoints while a run goes on, and ends with it", async () => {
    const store = memoryStore();
    let done: ReturnType<typeof replaying> | undefined;
    const act = ({ path }: Seen): Act =>
      path.startsWith("/b/") ? { do: "answer", status: 404, body: "" } : { do: "answer", delayMs: 40 };
    server = undefined;
    const started = new Promise<void>((resolve) => {
      done = replaying(store, (seen) => {
        resolve();
        return act(seen);
      });
    });
    await started;
    const { session, shown } = watching(store);
    await watchRuns(session, FAST);
    expect(await done).toMatchObject({ replayed: 60, skipped: { endpoint_missing: 30 } });
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.every((line) => /^r1 → t: \d+ of 90 stored · \d+\/s/.test(line))).toBe(true);
    expect(shown.some((line) => line.endsWith("1 parked"))).toBe(true);
    expect(shown.some((line) => / s left/.test(line))).toBe(true);
    expect((await readCalls(store, "r1")).map(({ ended, parked }) => ({ ended, parked }))).toEqual([
      { ended: true, parked: 1 },
    ]);
  });

  test("ends at once when nothing is in progress", async () => {
    const store = memoryStore();
    await replaying(store, () => ({ do: "answer" }));
    const { session, shown } = watching(store);
    await watchRuns(session, FAST);
    expect(shown).toEqual([]);
  });

  test("ends when it is told to, and when a run has not moved for long: it was killed", async () => {
    const store = memoryStore();
    await replaying(store, () => ({ do: "answer" }));
    const killed = { version: 1, call: 1, writer: "x", sent: 3 };
    for await (const { key } of store.list("replays/")) await store.delete([key]);
    await store.put("runs/r1/calls/000001.json", new TextEncoder().encode(JSON.stringify(killed)));
    const still = watching(store);
    await watchRuns(still.session, { everyMs: 10, stillMs: 100 });
    expect(still.shown.length).toBeGreaterThan(0);
    const stop = new AbortController();
    const told = watching(store, stop.signal);
    const watched = watchRuns(told.session, { everyMs: 10, stillMs: 1e9 });
    setTimeout(() => stop.abort(), 100);
    await watched;
    expect(told.shown.length).toBeGreaterThan(0);
  });
});

const look = (at: number, stored: number, sent: number, parked = 0): Look => ({
  at,
  stored,
  sent,
  parked,
  over: false,
});
test.each<[string, readonly Look[], string]>([
  ["first", [look(0, 0, 0)], "r → t: 0 of 90,000 stored · 0/s"],
  ["moving", [look(0, 0, 0), look(10_000, 2_000, 3_000)], "r → t: 2,000 of 90,000 stored · 300/s · 293 s left"],
  ["still", [look(0, 5, 9), look(10_000, 5, 9, 2)], "r → t: 5 of 90,000 stored · 0/s · 2 parked"],
])("a look that is %s reads", (_name, looks, expected) => {
  expect(progressOf({ run: "r", target: { name: "t", kind: "http", hash: "" }, planned: 90_000 }, looks)).toBe(
    expected,
  );
});
