import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromPlain, toPlain } from "../../../compare/parts/errors.ts";
import { type CompareOptions, compareStage } from "../../../compare/run-compare.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/schema.ts";
import { CutoverError, isCutoverError } from "../../../src/errors.ts";
import type { LogFields } from "../../../src/log.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { createTurn, takeFrom } from "../../../src/turn.ts";
import { testFolders } from "../../support/folders.ts";
import { buildLake, comparedObjects, equalPairs, type PairSpec, testSession } from "../pipeline-lake.ts";

const folder = testFolders("threads");

const answer = (label: string, score: number): string => JSON.stringify({ label, score });

/** Of each object other pairs: agreeing, differing in a few ways, without an answer, with an id twice. */
function objects(units: number): PairSpec[][] {
  return Array.from({ length: units }, (_, unit) => [
    ...equalPairs(3 + unit, "a"),
    ...Array.from({ length: 6 }, (_, at): PairSpec => {
      const spec = { model: at % 2 === 0 ? "a" : "b", id: `id-${unit}-${at % 5}`, legacy: answer("ok", at) };
      if (at === 5) return spec;
      return { ...spec, candidate: answer(at === 4 ? "OK" : "no", at + unit / 10), latencyMs: at * 7 + unit };
    }),
  ]);
}

/** A rule that leaves a file for each thread that loads it. */
async function config(text: string): Promise<{ at: string; config: Config }> {
  const at = await folder();
  await writeFile(join(at, "checks.mjs"), text);
  const rules = `[ { path: $.label, type: custom, use: "./checks.mjs#same" }, { path: $.score, type: number, atol: 0.35, rtol: 0 } ]`;
  await writeFile(join(at, "cutover.yaml"), `models: { "*": { rules: ${rules}, gate: {} } }\n`);
  return { at, config: (await loadConfig({ file: join(at, "cutover.yaml"), env: {}, flags: {} })).config };
}

const SAME = "export const same = (a, b) => a.toLowerCase() === b.toLowerCase();\n";
const SAME_AND_TOLD = `
import { writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
writeFileSync(new URL("./loaded-" + threadId, import.meta.url), "");
${SAME}`;

async function lake(units: number): Promise<Store> {
  const store = await openStore(await folder(), { forcePathStyle: true });
  await buildLake({ objects: objects(units), buckets: 2, commitRows: 3 }, store);
  return store;
}

async function compared(store: Store, options: CompareOptions, text = SAME_AND_TOLD, more: Partial<Config> = {}) {
  const { at, config: read } = await config(text);
  const session = { ...testSession(store), config: { ...read, ...more } };
  const summary = await compareStage(session, options);
  const loaded = (await readdir(at)).filter((name) => name.startsWith("loaded-")).length;
  return { summary, loaded, warned: session.warned, objects: await comparedObjects(store) };
}

describe("a comparison over threads", () => {
  test("writes the bytes of one thread, whatever their number: summary, diffs, report and all", async () => {
    const store = await lake(9);
    const [first] = await captures(store);
    await store.delete([first as string]);
    const one = await compared(store, {});
    expect(one.loaded).toBe(1);
    expect(one.summary.problems).toHaveLength(1);
    expect(one.summary.outcomes.mismatch).toBeGreaterThan(10);
    for (const threads of [2, 7]) {
      const many = await compared(store, { threads });
      expect(many.loaded).toBe(threads);
      expect(many.summary).toEqual(one.summary);
      expect(many.objects).toEqual(one.objects);
    }
  }, 60_000);

  test("so with waivers, and of the layers of a sequential run", async () => {
    const store = await lake(5);
    const { summary } = await compared(store, {});
    const fingerprint = summary.groups[0]?.fingerprint ?? "";
    const waiverList = [{ fingerprint, reason: "r", owner: "o", expires: "2027-01-01" }];
    const look = { version: 1, rules: "r", below: 0.5, decided: { a: 0.25 } } as const;
    const one = await compared(store, {}, SAME_AND_TOLD, { waiverList });
    expect(one.summary.models.a?.waived).toBeGreaterThan(0);
    const many = await compared(store, { threads: 3 }, SAME_AND_TOLD, { waiverList });
    expect(many.objects).toEqual(one.objects);
    const looked = await compared(store, { look });
    expect(looked.summary.coverage.skipped).toBeGreaterThan(5);
    expect((await compared(store, { look, threads: 3 })).summary).toEqual(looked.summary);
  }, 60_000);

  test("so in passes over answers that outgrow the memory of one thread", async () => {
    const store = await lake(4);
    const one = await compared(store, {});
    const many = await compared(store, { threads: 2, bufferBytes: 200 });
    expect(many.objects).toEqual(one.objects);
  }, 60_000);

  test("so of problems of many units", async () => {
    const store = await lake(6);
    await store.delete((await captures(store)).slice(1, 5));
    const one = await compared(store, {});
    expect(one.summary.problems).toHaveLength(4);
    const many = await compared(store, { threads: 4 });
    expect(many.summary.problems).toEqual(one.summary.problems);
  }, 60_000);

  test("takes no more threads than units", async () => {
    const { loaded } = await compared(await lake(1), { threads: 7 });
    expect(loaded).toBe(1);
  });

  test("goes on with one thread when the process holds too much, and judges all of it", async () => {
    const store = await lake(6);
    // Slow enough for the others to find something to do when they are there.
    const judging = `${SAME_AND_TOLD.replace("export const same", "const equal")}
export const same = (a, b) => {
  writeFileSync(new URL("./loaded-to-judge-" + threadId, import.meta.url), "");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  return equal(a, b);
};`;
    const one = await compared(store, {}, judging);
    const many = await compared(store, { threads: 3, restBytes: 0 }, judging);
    // Each thread has read the rule, and only the first has used it.
    expect([one.loaded, many.loaded]).toEqual([2, 4]);
    expect(many.objects).toEqual(one.objects);
  }, 60_000);

  test("tells a rule that fails once", async () => {
    const { summary, warned } = await compared(
      await lake(8),
      { threads: 3 },
      "export const same = () => { throw new Error('no'); };",
    );
    expect(warned).toHaveLength(1);
    expect(summary.outcomes.mismatch).toBeGreaterThan(20);
  }, 60_000);

  test("tells of each unit once", async () => {
    const store = await lake(8);
    const session = testSession(store);
    const told: number[] = [];
    const log = {
      ...session.log,
      progress: (_: string, fields?: LogFields) => void told.push(Number(fields?.objects)),
    };
    await compareStage({ ...session, log }, { threads: 3 });
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  }, 60_000);

  test("ends with the error of a thread, as this thread would have thrown it", async () => {
    const text = `import { isMainThread } from "node:worker_threads"; if (!isMainThread) throw new Error("not here"); ${SAME}`;
    const failed = await compared(await lake(8), { threads: 3 }, text).catch((error: unknown) => error);
    expect(isCutoverError(failed, "CONFIG")).toBe(true);
    expect(failed).toMatchObject({
      message: expect.stringContaining("not here"),
      exitCode: 2,
      details: { place: 'models."*".rules[0].use', received: "./checks.mjs#same" },
    });
  }, 60_000);

  test("ends when a thread does, and writes no summary", async () => {
    const store = await lake(8);
    const text = `import { isMainThread } from "node:worker_threads"; if (!isMainThread) process.exit(3); ${SAME}`;
    await expect(compared(store, { threads: 2 }, text)).rejects.toThrow(/thread of compare has ended with code 3/);
    expect([...(await comparedObjects(store)).keys()].filter((key) => key.endsWith("summary.json"))).toEqual([]);
  }, 60_000);

  test("leaves no write under way when it ends with the error of the store", async () => {
    const inner = await lake(3);
    // The smallest, which is judged last, while the findings of the one before it are written.
    const [last] = await captures(inner);
    const denied = new CutoverError("STORE_DENIED", "not this one");
    let begun = 0;
    let ended = 0;
    const store: Store = {
      ...inner,
      get: (key, range, signal) => (key === last ? Promise.reject(denied) : inner.get(key, range, signal)),
      async put(key, body, options) {
        begun++;
        await new Promise((resolve) => setTimeout(resolve, 200));
        const info = await inner.put(key, body, options);
        ended++;
        return info;
      },
    };
    await expect(compareStage(testSession(store), {})).rejects.toBe(denied);
    expect([begun, ended]).toEqual([2, 2]);
  }, 60_000);

  test("ends with the reason of an abort, in all threads", async () => {
    const store = await lake(40);
    const session = testSession(store);
    const stop = new AbortController();
    const reason = new CutoverError("INTERRUPTED", "stopped");
    let units = 0;
    const progress = (): void => {
      units++;
      stop.abort(reason);
    };
    const log = { ...session.log, progress };
    await expect(compareStage({ ...session, log, signal: stop.signal }, { threads: 3 })).rejects.toBe(reason);
    expect(units).toBeLessThan(40);
    const left = units;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(units).toBe(left);
  }, 60_000);
});

async function captures(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("captures/")) keys.push(key);
  return keys;
}

test("turns begin with the largest unit and give each once", () => {
  const turn = createTurn([3, 9, 9, 1]);
  const [one, other] = [takeFrom(turn), takeFrom(turn)];
  const resting = takeFrom(turn, () => false);
  expect([one(), other(), resting(), one(), other(), one(), other()]).toEqual([
    1,
    2,
    undefined,
    0,
    3,
    undefined,
    undefined,
  ]);
});

test("an error travels with its code, details and cause", () => {
  const error = new CutoverError("STORE_DENIED", "no", { place: "here", hint: "ask", cause: new TypeError("inner") });
  const read = fromPlain(structuredClone(toPlain(error)));
  expect(isCutoverError(read, "STORE_DENIED")).toBe(true);
  expect(read).toMatchObject({ message: "no", details: { place: "here", hint: "ask" }, stack: error.stack });
  expect((read.cause as Error).message).toBe("inner");
  const bug = fromPlain(toPlain(new RangeError("bug")));
  expect([bug.name, bug.message, isCutoverError(bug)]).toEqual(["RangeError", "bug", false]);
  expect(fromPlain(toPlain("text")).message).toBe("text");
});
