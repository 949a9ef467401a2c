import { afterEach, describe, expect, test } from "vitest";
import { gateStage } from "../../compare/gate.ts";
import { compareStage } from "../../compare/run-compare.ts";
import { runsStage } from "../../compare/runs.ts";
import { isCertain, leaveLayers, runSequential } from "../../compare/sequential/run.ts";
import type { ModelSummary, Summary } from "../../compare/summary.ts";
import { replayStage } from "../../replay/stage.ts";
import { type Config, configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import { hashPosition } from "../../src/hash.ts";
import { inLayers, LAYERS, readSequence } from "../../src/lake/sequence.ts";
import type { Session } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { httpTo, QUICK, rows, sessionOf, writeCapture } from "../replay/world.ts";
import { type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";

const servers: MisbehavingServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Of `bad` every answer is wrong, of `rare` one in thirty; the others echo, as legacy did. */
async function serve(onRequest: (seen: Seen) => void = () => {}): Promise<MisbehavingServer> {
  const server = await misbehavingServer((seen) => {
    onRequest(seen);
    const n = Number(/\d+/.exec(seen.body.toString())?.[0]);
    const wrong = seen.path.includes("bad") || (seen.path.includes("rare") && n % 30 === 0);
    return wrong ? { do: "answer", body: '{"n":-1}' } : { do: "answer" };
  });
  servers.push(server);
  return server;
}

const MODELS = ["bad", "good", "rare"];
const RECORDS = 1_800;
async function filled(): Promise<Store> {
  const store = memoryStore();
  for (let first = 0; first < RECORDS; first += 600) await writeCapture(store, rows(first, 600, MODELS), 200);
  return store;
}

const GATE = { maxMismatchRate: 0.05, confidence: 0.9 };
function session(
  store: Store,
  url: string,
  models: WrittenConfig["models"] = { "*": { default: "exact", gate: GATE } },
  signal?: AbortSignal,
): Session {
  const base = sessionOf(store, { t: httpTo(url) }, signal ? { signal } : {});
  const config: Config = { ...base.config, models: configSchema.parse({ models }).models };
  return { ...base, config: { ...config, modelPatterns: Object.keys(config.models) } };
}

const sequential = (some: Session) =>
  runSequential(some, (layer) => replayStage(some, { target: "t", run: "s", layer }, QUICK));

/** The verdict without what tells how the answers came to be stored. */
async function judged(some: Session, run: string): Promise<Omit<Summary, "inputs" | "latency">> {
  const { inputs: _, latency: __, models, ...summary } = await compareStage(some, { run });
  const still = Object.entries(models).map(([name, { latency: ___, ...model }]) => [name, model]);
  return { ...summary, models: Object.fromEntries(still) };
}

async function cutShort(store: Store): Promise<void> {
  const commits: string[] = [];
  for await (const { key } of store.list("replays/s/")) commits.push(key);
  await store.delete(commits.slice(-1));
  const models = { good: { max_duration: RECORDS }, rare: { max_duration: RECORDS }, bad: { max_duration: RECORDS } };
  await store.put("runs/s/skips.json", new TextEncoder().encode(JSON.stringify({ version: 1, models })));
}

describe("layers", () => {
  test("are each a sample of the whole, one within the next, and the last is all", () => {
    const positions = Array.from({ length: 20_000 }, (_, at) => ({ log: "t", partition: at % 3, offset: BigInt(at) }));
    let before = new Set<bigint>();
    for (const below of LAYERS) {
      const within = positions.filter((position) => inLayers({ below, decided: {} })("m", position));
      expect(within.length / positions.length).toBeCloseTo(below, 1.7);
      const late = within.filter(({ offset }) => offset >= 16_000n).length;
      expect(Math.abs(late / within.length - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / within.length));
      const now = new Set(within.map(({ offset }) => offset));
      for (const offset of before) expect(now.has(offset)).toBe(true);
      before = now;
    }
    expect(before.size).toBe(positions.length);
  });

  test("are chosen by another hash than samples are", () => {
    const positions = Array.from({ length: 20_000 }, (_, at) => ({ log: "t", partition: 0, offset: BigInt(at) }));
    const sampled = positions.filter((position) => hashPosition(position) < 0.1 * 2 ** 32);
    const first = sampled.filter((position) => inLayers({ below: 1 / 8, decided: {} })("m", position));
    expect(first.length / sampled.length).toBeCloseTo(1 / 8, 1.5);
  });

  test("end for a model where its verdict was certain", () => {
    const within = inLayers({ below: 1, decided: { a: 1 / 64 } });
    const positions = Array.from({ length: 2_000 }, (_, at) => ({ log: "t", partition: 0, offset: BigInt(at) }));
    expect(positions.filter((position) => within("a", position)).length).toBeLessThan(100);
    expect(positions.filter((position) => within("b", position)).length).toBe(2_000);
  });
});

test("certain is a pass, a rate above its limit for sure, a critical difference; not an error, nor a census", () => {
  const model = { n: 10, k: 0, limit: 0.1, lower: 0, upper: 0.5, verdict: "inconclusive" } as ModelSummary;
  expect(isCertain(model)).toBe(false);
  expect(isCertain({ ...model, verdict: "pass" })).toBe(true);
  expect(isCertain({ ...model, verdict: "fail" })).toBe(false);
  expect(isCertain({ ...model, verdict: "fail", lower: 0.2 })).toBe(true);
  expect(isCertain({ ...model, verdict: "fail", critical: 1 })).toBe(true);
  expect(isCertain({ ...model, verdict: "error", lower: 0.2 })).toBe(false);
  expect(isCertain({ ...model, verdict: "pass", evidence: "census" })).toBe(false);
  expect(isCertain({ ...model, verdict: "pass", limit: null })).toBe(false);
});

describe("a sequential run", () => {
  test("stops a model as soon as its verdict is certain, and says how many requests that saved", {
    timeout: 120_000,
  }, async () => {
    const server = await serve();
    const store = await filled();
    const some = session(store, server.url);
    const { run } = await sequential(some);
    const summary = await compareStage(some, { run });
    const { bad, good, rare } = summary.models as Record<string, ModelSummary>;
    expect([bad?.verdict, good?.verdict]).toEqual(["fail", "pass"]);
    expect(bad?.n).toBeLessThan(40);
    expect(good?.n).toBeLessThan(600);
    expect(rare?.n).toBeGreaterThan(good?.n ?? 0);
    const sent = (name: string) => server.seen.filter(({ path }) => path.includes(name)).length;
    for (const [name, model] of Object.entries(summary.models)) expect(sent(name)).toBe(model.n);
    const saved = summary.coverage.skippedBy.decided ?? 0;
    expect(saved).toBe(RECORDS - server.seen.length);
    expect(saved).toBeGreaterThan(600);
    expect(summary.looks).toBe("anytime");
    expect(summary.problems).toBeUndefined();
    expect((await gateStage(some, { run })).exitCode).toBe(summary.exitCode);
    expect((await runsStage(some, {})).runs[0]?.state).toBe("decided");
  });

  test("that was stopped anywhere ends as one that was not", { timeout: 240_000 }, async () => {
    const undisturbed = session(await filled(), (await serve()).url);
    const wanted = await judged(undisturbed, (await sequential(undisturbed)).run);
    for (const requests of [20, 250]) {
      const store = await filled();
      const stop = new AbortController();
      const server = await serve(({ index }) => {
        if (index === requests) stop.abort();
      });
      const models = { "*": { default: "exact", gate: GATE } } as const;
      await expect(sequential(session(store, server.url, models, stop.signal))).rejects.toMatchObject({
        code: "INTERRUPTED",
      });
      const again = session(store, server.url);
      const { run } = await sequential(again);
      expect(await judged(again, run)).toEqual(wanted);
    }
  });

  test("again, when all is decided, sends nothing more; under other rules it judges anew from the first layer", {
    timeout: 120_000,
  }, async () => {
    const server = await serve();
    const store = await filled();
    const some = session(store, server.url);
    const { run } = await sequential(some);
    const sent = server.seen.length;
    const before = await readSequence(store, run);
    await sequential(some);
    expect([server.seen.length, await readSequence(store, run)]).toEqual([sent, before]);
    const lax = session(store, server.url, { "*": { default: "exact", gate: { ...GATE, maxMismatchRate: 0.4 } } });
    await sequential(lax);
    const after = await readSequence(store, run);
    expect(after?.rules).not.toBe(before?.rules);
    expect(after?.decided.good).toBeLessThan(before?.decided.good ?? 0);
    // One that needed few records under the old limit needs more under the new; nothing is sent again.
    expect(server.seen.slice(sent).every(({ path, before: earlier }) => path.includes("bad") && earlier === 0)).toBe(
      true,
    );
  });

  test("does not look at a layer that a cap cut short: the same command goes on in it", {
    timeout: 120_000,
  }, async () => {
    const server = await serve();
    const store = await filled();
    const some = session(store, server.url);
    let calls = 0;
    const { run } = await runSequential(some, async (layer) => {
      const result = await replayStage(some, { target: "t", run: "s", layer }, QUICK);
      // As a call that a cap ends leaves it: some of the third layer is not there, and skips.json says why.
      if (++calls === 3) await cutShort(store);
      return result;
    });
    expect([calls, (await readSequence(store, run))?.below]).toEqual([3, LAYERS[1]]);
    const summary = await compareStage(some, { run });
    expect(summary.coverage.unpaired).toBe(0);
    expect(summary.verdict).toBe("fail");
    await sequential(some);
    expect((await readSequence(store, run))?.below).toBeGreaterThan(LAYERS[2] as number);
  });

  test("followed by a plain one is judged by all its records, with bounds that hold at every look", {
    timeout: 120_000,
  }, async () => {
    const server = await serve();
    const store = await filled();
    const some = session(store, server.url);
    const { run } = await sequential(some);
    await replayStage(some, { target: "t", run: "s" }, QUICK);
    await leaveLayers(some, run);
    const summary = await compareStage(some, { run });
    expect([summary.coverage.compared, summary.coverage.skipped, summary.looks]).toEqual([RECORDS, 0, "anytime"]);
  });
});
