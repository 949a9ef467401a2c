/** Compare on queue workers, as a user runs it: real broker, real store, processes that are killed and stopped. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Summary } from "../../compare/summary.ts";
import { commitKey, parseCaptureKey } from "../../src/lake/keys.ts";
import { REPLAYS } from "../../src/record.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, encode, equalPairs, type PairSpec, RUN } from "../compare/pipeline-lake.ts";
import { randomPairs } from "../compare/triage/random-lake.ts";
import { startS3Proxy } from "../faults/lib/s3-proxy.ts";
import { type RunningCli, runCli, runJson, startCli } from "../support/cli.ts";
import { createTopic, deleteTopic, produce } from "../support/kafka.ts";
import { requireOrSkip } from "../support/require.ts";
import { makeBucket, removeBucket } from "../support/s3.ts";
import { freePorts } from "./lib/ports.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA ?? "";
const s3 = process.env.CUTOVER_TEST_S3 ?? "";
const skip = requireOrSkip("services not running: npm run services", kafka !== "" && s3 !== "");
const UNITS = 12;
const DIFFERING = 8;
const QUEUE = ["compare", "--queue", "kafka"];
/** Takes its time for each pair that differs, and writes down which it was and by whom it was judged. */
const RULE = `
import { appendFileSync } from "node:fs";
export const same = (a, b) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.CUTOVER_TEST_MS ?? 0));
  appendFileSync(new URL("./judged.log", import.meta.url), process.pid + " " + b + "\\n");
  return a === b.slice(0, 2);
};
`;

/** Of each unit other pairs: most are told apart by the rule, some by their score, one has no answer. */
function objects(): PairSpec[][] {
  return Array.from({ length: UNITS }, (_, unit) => [
    ...equalPairs(20 + unit, "a"),
    ...Array.from({ length: DIFFERING }, (_, at): PairSpec => {
      const legacy = JSON.stringify({ label: "ok", score: at });
      return { model: "b", legacy, candidate: JSON.stringify({ label: `ok-${unit}-${at}`, score: at + (at % 2) }) };
    }),
    { model: "b", legacy: "{}" },
  ]);
}

describe.skipIf(skip).sequential("compare on workers", { timeout: 300_000 }, () => {
  const name = `compare-${Date.now().toString(36)}`;
  const settings = { endpoint: s3, region: "us-east-1", forcePathStyle: true };
  const started: RunningCli[] = [];
  let dir: string;
  let store: Store;
  /** What one process writes. */
  let alone: Map<string, string>;

  const worker = (ms = 0, config = "cutover.yaml"): RunningCli => {
    const env = { CUTOVER_TEST_MS: String(ms) };
    const running = startCli(["--config", config, "worker"], { cwd: dir, timeoutMs: 290_000, env });
    started.push(running);
    return running;
  };
  const writeConfig = (file: string, endpoint: string, more: object = {}): Promise<void> =>
    writeFile(
      join(dir, file),
      JSON.stringify({
        store: `s3://${name}/lake`,
        s3: { ...settings, endpoint },
        queue: { kafka: { brokers: [kafka], topic: name, group: name, sessionTimeout: "6s" } },
        models: {
          "*": { rules: [{ path: "$.label", type: "custom", use: "./rule.mjs#same" }], default: "exact", gate: {} },
        },
        ...more,
      }),
    );
  const list = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
  };
  const beside = async (): Promise<string[]> =>
    (await list(`compares/${RUN}/`)).filter((key) => key.includes("/parts/"));
  /** Without the diffs that stand beside them until they are where they belong. */
  const parts = async (): Promise<string[]> => (await beside()).filter((key) => !key.endsWith(".parquet"));
  const asked = async (): Promise<string[]> =>
    (await list(`compares/${RUN}/`)).filter((key) => key.includes("/asked/"));
  /** All that a comparison is for whoever reads it. */
  const written = async (): Promise<Map<string, string>> => {
    const keys = (await list(`compares/${RUN}/`)).filter((key) => !key.includes("/parts/"));
    return new Map(
      await Promise.all(keys.map(async (key) => [key, Buffer.from(await store.get(key)).toString("base64")] as const)),
    );
  };
  const judged = async (): Promise<Map<string, string[]>> => {
    const text = await readFile(join(dir, "judged.log"), "utf8").catch(() => "");
    const found = new Map<string, string[]>();
    for (const line of text.split("\n").filter((one) => one !== "")) {
      const [pid = "", pair = ""] = line.split(" ");
      found.set(pair, [...(found.get(pair) ?? []), pid]);
    }
    return found;
  };
  const forget = async (): Promise<void> => {
    await store.delete(await list(`compares/${RUN}/`));
    await rm(join(dir, "judged.log"), { force: true });
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-compare-workers-"));
    await writeFile(join(dir, "rule.mjs"), RULE);
    await writeConfig("cutover.yaml", s3);
    await Promise.all([makeBucket(s3, name), createTopic(kafka, name, 4)]);
    store = await openStore(`s3://${name}/lake`, settings);
    await buildLake({ objects: objects(), buckets: 2, commitRows: 9 }, store);
    await runJson(["compare"], { cwd: dir });
    alone = await written();
  });
  beforeEach(forget);
  afterEach(async () => {
    const all = started.splice(0);
    for (const { child } of all) {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
    }
    await Promise.all(all.map(({ done }) => done));
  });
  afterAll(async () => {
    await store.close();
    await Promise.allSettled([removeBucket(s3, name), deleteTopic(kafka, name)]);
    await rm(dir, { recursive: true, force: true });
  });

  test("writes what one process writes, byte for byte, and leaves a part of each unit", async () => {
    worker();
    worker();
    const summary = await runJson<{ verdict: string; seconds: number }>(QUEUE, { cwd: dir });
    expect(summary.verdict).toBe("fail");
    expect(await written()).toEqual(alone);
    expect(await parts()).toHaveLength(UNITS);
    const pairs = await judged();
    expect(pairs.size).toBe(UNITS * DIFFERING);
    expect([...pairs.values()].every((by) => by.length === 1)).toBe(true);
  });

  test("asks no worker for what has a part, and only for what has none or an old one", async () => {
    const one = worker();
    await runJson(QUEUE, { cwd: dir });
    one.child.kill("SIGTERM");
    await one.done;
    const before = await parts();
    // Nobody works: nothing need be done.
    await runJson(QUEUE, { cwd: dir });
    expect(await written()).toEqual(alone);
    // One unit has got an answer more since, and the part of another is cut.
    const late = await addAnswer(store, 0);
    await store.put(before.find((key) => key.includes("~3~")) as string, Buffer.from("cut"));
    await rm(join(dir, "judged.log"), { force: true });
    worker();
    await runJson(QUEUE, { cwd: dir });
    const units = new Set([...(await judged()).keys()].map((pair) => pair.split("-")[1]));
    expect([...units].sort()).toEqual(["0", "3"]);
    const after = await parts();
    expect(after).toHaveLength(UNITS);
    expect(after.filter((key) => !before.includes(key))).toHaveLength(1);
    const queued = await written();
    await runJson(["compare"], { cwd: dir });
    expect(await written()).toEqual(queued);
    await store.delete([late]);
  });

  test("loses the units in work, and no other, when a worker is killed", async () => {
    const first = worker(150);
    const waiting = runJson(QUEUE, { cwd: dir, timeoutMs: 240_000 });
    await expect.poll(async () => (await parts()).length, { timeout: 120_000, interval: 100 }).toBeGreaterThan(2);
    first.child.kill("SIGKILL");
    await first.done;
    const done = (await parts()).length;
    expect(done).toBeLessThan(UNITS);
    worker();
    await waiting;
    expect(await written()).toEqual(alone);
    const again = [...(await judged())].filter(([, by]) => by.length > 1).map(([pair]) => pair.split("-")[1]);
    expect(new Set(again).size).toBeLessThanOrEqual(2);
  });

  test("is whole when two workers do the same unit: one is stopped until another has its units, and wakes", async () => {
    const first = worker(150);
    const waiting = runJson(QUEUE, { cwd: dir, timeoutMs: 240_000 });
    await expect.poll(async () => (await parts()).length, { timeout: 120_000, interval: 50 }).toBeGreaterThan(0);
    first.child.kill("SIGSTOP");
    worker(100);
    const stopped = (await parts()).length;
    await expect.poll(async () => (await parts()).length, { timeout: 120_000, interval: 100 }).toBeGreaterThan(stopped);
    first.child.kill("SIGCONT");
    await waiting;
    expect(await written()).toEqual(alone);
    // What the first wakes to writes nothing more.
    await sleep(3_000);
    expect(await written()).toEqual(alone);
  });

  test("takes no harm from a put of a stopped worker that reaches the store when all is judged anew and done", async () => {
    const [port = 0] = await freePorts(1);
    const proxy = await startS3Proxy(port, Number(new URL(s3).port));
    await writeConfig("held.yaml", `http://127.0.0.1:${port}`);
    let held = "";
    let stored = false;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    proxy.script = async ({ op, key }) => {
      if (held !== "" || op !== "put" || !/\/compares\/.*\.parquet$/.test(key)) return undefined;
      held = key;
      await released;
      const done = (): void => {
        stored = true;
      };
      return { do: "pass", stored: done };
    };
    let late = "";
    try {
      const stopped = worker(0, "held.yaml");
      const first = startCli(QUEUE, { cwd: dir });
      await expect.poll(() => held, { timeout: 120_000 }).not.toBe("");
      stopped.child.kill("SIGSTOP");
      first.child.kill("SIGINT");
      await first.done;
      // Now the unit that it was at has another answer, and another finding.
      late = await addAnswer(store, Number(/@01234567~(\d+)~/.exec(held)?.[1]));
      worker();
      await runJson(QUEUE, { cwd: dir, timeoutMs: 240_000 });
      const before = await written();
      release();
      await expect.poll(() => stored, { timeout: 60_000 }).toBe(true);
      expect(await written()).toEqual(before);
      await runJson(["compare"], { cwd: dir });
      expect(await written()).toEqual(before);
      // What it wrote is nobody's, and goes with the next comparison.
      expect(await beside()).toContain(held.slice(held.indexOf("compares/")));
      await runJson(QUEUE, { cwd: dir });
      expect(await beside()).toEqual(await parts());
      expect(await parts()).toHaveLength(UNITS);
    } finally {
      release();
      await proxy.close();
      await store.delete([late].filter((key) => key !== ""));
    }
  });

  test("tells of a unit that cannot be judged as one process does, and judges it when it can be again", async () => {
    const [key = ""] = (await list("captures/")).slice(5, 6);
    const body = await store.get(key);
    await store.delete([key]);
    worker();
    const summary = await runJson<{ problems: { place: string }[] }>(QUEUE, { cwd: dir });
    expect(summary.problems.map(({ place }) => place)).toEqual([key]);
    const queued = await written();
    expect((await runCli(["gate"], { cwd: dir })).code).toBe(5);
    await runJson(["compare"], { cwd: dir });
    expect(await written()).toEqual(queued);
    await store.put(key, body);
    await runJson(QUEUE, { cwd: dir });
    expect(await written()).toEqual(alone);
  });

  test("tells of causes what one process tells, and what it tells of the same pairs in a folder", async () => {
    const [seed = 0] = fc.sample(fc.integer(), 1);
    const prefix = `s3://${name}/causes`;
    await writeConfig("causes.yaml", s3, { store: prefix, models: { "*": { default: "exact", gate: {} } } });
    for (const address of [prefix, join(dir, "causes")]) {
      const opened = await openStore(address, settings);
      await buildLake({ objects: randomPairs(seed), buckets: 2, commitRows: 100 }, opened);
      await opened.close();
    }
    for (let i = 0; i < 3; i++) worker(0, "causes.yaml");
    const compare = async (...args: string[]): Promise<Summary> => ({
      ...(await runJson<Summary>(["--config", "causes.yaml", ...args], { cwd: dir })),
      ...{ seconds: 0 },
    });
    const byWorkers = await compare(...QUEUE);
    expect(byWorkers.explanations?.length, `seed ${seed}`).toBeGreaterThan(0);
    expect(await compare("compare", "--threads", "1"), `seed ${seed}`).toEqual(byWorkers);
    expect(await compare("compare", "--threads", "2"), `seed ${seed}`).toEqual(byWorkers);
    // Stores have names of their own for the bytes of their objects.
    const inFolder = await compare("--store", join(dir, "causes"), "compare");
    expect({ ...inFolder, inputs: byWorkers.inputs }, `seed ${seed}`).toEqual(byWorkers);
  });

  test("asks again for units that were passed over, and says so when they are again", async () => {
    // As a worker of another version would: acknowledged, and nothing done.
    await produce(kafka, name, [
      { value: '{"version":1,"work":"compare","run":"r1","key":"k","bucket":1,"asked":"gone"}', partition: 1 },
    ]);
    const { done } = startCli(QUEUE, { cwd: dir });
    await expect.poll(async () => (await asked()).length, { timeout: 60_000 }).toBe(1);
    await sleep(3_000);
    await store.delete(await asked());
    worker();
    const { code, stderr } = await done;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("they are asked for again");
    expect(await written()).toEqual(alone);
  });

  test("goes on where it was when who waits was stopped", async () => {
    const { child, done } = startCli(QUEUE, { cwd: dir });
    await sleep(8_000);
    child.kill("SIGINT");
    expect(await done).toMatchObject({ code: 130 });
    worker();
    await runJson(QUEUE, { cwd: dir });
    expect(await written()).toEqual(alone);
    const { code, stderr } = await runCli([...QUEUE, "--threads", "2"], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain("--threads");
  });
});

/** An answer, unlike legacy's, to the record of a unit that has none; resolves with its key. */
async function addAnswer(store: Store, unit: number): Promise<string> {
  const keys: string[] = [];
  for await (const { key } of store.list("captures/")) keys.push(key);
  const ranges = keys.map(parseCaptureKey);
  const range = ranges.find((one) => one?.partition === unit);
  if (range === undefined) throw new Error("no capture object");
  const row = {
    ...{ id: "late", model: "b", target: "candidate", outcome: "ok", errorClass: null, errorDetail: null, status: 200 },
    ...{ output: Buffer.from('{"late":1}'), outputType: "application/json", variant: null, latencyMs: 3, attempts: 1 },
    ...{ throttles: 0, coldStart: null, replayedAt: 1, log: range.log, partition: range.partition },
    offset: range.first + BigInt(20 + unit + DIFFERING),
  };
  const key = commitKey(RUN, range, 0, 99);
  await store.put(key, encode(REPLAYS, [row], 1, {}));
  return key;
}
