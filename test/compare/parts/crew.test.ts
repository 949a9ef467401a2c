/** Threads that wait for their work, and that look once they have judged. */
import { afterEach, describe, expect, test } from "vitest";
import { type Crew, type JudgeHandlers, startCrew } from "../../../compare/parts/crew.ts";
import type { JudgeOrder } from "../../../compare/parts/share.ts";
import type { ThreadData } from "../../../compare/parts/thread.ts";
import { type LookJob, lookShare } from "../../../compare/triage/inputs/looks.ts";
import type { LookTask } from "../../../compare/triage/inputs/read.ts";
import { inputMask } from "../../../compare/triage/inputs/shown.ts";
import { CutoverError, isCutoverError } from "../../../src/errors.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { createTurn, takeFrom } from "../../../src/turn.ts";
import { testFolders } from "../../support/folders.ts";
import { buildLake, equalPairs, testSession } from "../pipeline-lake.ts";

const folder = testFolders("crew");
const crews: Crew[] = [];
afterEach(async () => {
  await Promise.all(crews.splice(0).map((crew) => crew.close()));
});

function crewOf(size: number): Crew {
  const crew = startCrew(size);
  crews.push(crew);
  return crew;
}

const never = new AbortController().signal;
const handlers: JudgeHandlers = { onUnit: () => {}, onWarning: () => {}, signal: never };

/** Nothing to judge: what a thread needs before it can look. */
function nothing(store: Store, restBytes = Number.POSITIVE_INFINITY): ThreadData {
  const query = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null };
  const run = { run: "r", query, limits: {}, models: {} } as unknown as JudgeOrder["run"];
  const { config } = testSession(store);
  const order = { run, rules: "0", today: "2026-11-26", sequence: undefined, writes: true, bufferBytes: 1_000 };
  return { order, config, store: store.url, units: [], turn: createTurn([]), restBytes };
}

async function lake(units: number): Promise<{ store: Store; job: LookJob }> {
  const store = await openStore(await folder(), { forcePathStyle: true });
  await buildLake({ objects: Array.from({ length: units }, (_, at) => equalPairs(5 + at, "a")) }, store);
  const tasks: LookTask[] = [];
  for await (const object of store.list("captures/")) {
    tasks.push({ object, rows: [1, 3], differs: [true, false], shown: [0], offsets: [] });
  }
  return { store, job: { tasks, turn: createTurn(tasks.map((_, at) => at)) } };
}

describe("threads of a comparison", () => {
  test("look at what they take, as this thread would, and leave nothing", async () => {
    const { store, job } = await lake(6);
    const maskOf = () => inputMask(null);
    const own = await lookShare({ store, maskOf, signal: never }, job.tasks, takeFrom(createTurn([1, 1, 1, 1, 1, 1])));
    const crew = crewOf(2);
    await Promise.all(crew.judge(nothing(store), handlers));
    const looks = (await Promise.all(crew.look(job, never))).flat();
    const inOrder = (some: typeof looks) => [...some].sort((a, b) => a.at - b.at);
    expect(own.map(({ result }) => result?.shown.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(inOrder(looks)).toEqual(inOrder(own));
    expect(Atomics.load(job.turn.taken, 0)).toBeGreaterThanOrEqual(6);
  }, 30_000);

  test("tell of an object that cannot be read, and go on", async () => {
    const { store, job } = await lake(3);
    const gone = job.tasks[1]?.object.key ?? "";
    await store.delete([gone]);
    const crew = crewOf(1);
    await Promise.all(crew.judge(nothing(store), handlers));
    const looks = (await Promise.all(crew.look(job, never))).flat();
    const told = looks.map(({ at, result, fault }) => [at, result !== undefined, fault]);
    expect(told.sort()).toEqual([
      [0, true, undefined],
      [1, false, expect.stringMatching(/no such object/)],
      [2, true, undefined],
    ]);
  }, 30_000);

  test("end with their share where memory is short, and take no looks", async () => {
    const { store, job } = await lake(2);
    const crew = crewOf(1);
    const [share] = await Promise.all(crew.judge(nothing(store, 0), handlers));
    expect(share?.stays).toBe(false);
    expect(await Promise.all(crew.look(job, never))).toEqual([[]]);
    expect(Atomics.load(job.turn.taken, 0)).toBe(0);
  }, 30_000);

  test("end with the reason of an abort while they look", async () => {
    const { store, job } = await lake(1);
    const crew = crewOf(1);
    await Promise.all(crew.judge(nothing(store), handlers));
    const stop = new AbortController();
    stop.abort(new CutoverError("INTERRUPTED", "stopped"));
    // So many that no thread is through with them before it hears.
    const tasks = Array.from({ length: 1_000 }, () => job.tasks[0] as LookTask);
    const turn = createTurn(tasks.map(() => 1));
    const failed = await Promise.all(crew.look({ tasks, turn }, stop.signal)).catch((error: unknown) => error);
    expect(isCutoverError(failed, "INTERRUPTED")).toBe(true);
    expect(Atomics.load(turn.taken, 0)).toBeLessThan(1_000);
  }, 30_000);

  test("end when nothing is asked of them", async () => {
    const crew = startCrew(3);
    await crew.close();
    const { store } = await lake(1);
    const shares = await Promise.allSettled(crew.judge(nothing(store), handlers));
    expect(shares.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  }, 30_000);
});
