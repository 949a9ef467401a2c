/** The second look at a run: what it adds to the summary, the same for any division of the work, and what it must not show. */
import { describe, expect, test, vi } from "vitest";
import { RunTally } from "../../../compare/accumulate/tally.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import type { WrittenConfig } from "../../../src/config/schema.ts";
import { summaryKey } from "../../../src/lake/keys.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { comparedObjects, testSession } from "../pipeline-lake.ts";
import { PLANTED_RUN, type Planted, plantedLake, populationOf } from "./planted-lake.ts";
import { dice } from "./planted-records.ts";

vi.setConfig({ testTimeout: 120_000 });

const exact = { models: { "*": { default: "exact", gate: { maxMismatchRate: 0.5 } } } } as const;

const answer = (score: number): string => JSON.stringify({ score });

/** `count` records of a model; those for which `differs` says so get another answer. */
function records(count: number, input: (at: number) => unknown, model = "m"): Planted[] {
  return Array.from({ length: count }, (_, at) => ({ model, input: input(at), legacy: answer(at) }));
}

async function lakeOf(all: readonly Planted[], differs: (record: Planted, at: number) => boolean, objects = 1) {
  const random = dice(5);
  const candidates = all.map((record, at) => (differs(record, at) ? answer(1e6 * random()) : record.legacy));
  return plantedLake(populationOf(all, objects), candidates);
}

const texts = (at: number): unknown => ({ text: at % 20 === 0 ? `größer ${at}` : `plain ${at}`, card: `4111-${at}` });
const accented = ({ input }: Planted): boolean => (input as { text: string }).text.includes("ö");

describe("a group", () => {
  test("has its slice as a sentence, and an explanation that names it", async () => {
    const store = await lakeOf(records(4_000, texts), accented);
    const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
    const [explanation] = summary.explanations ?? [];
    expect(explanation).toMatchObject({ model: "m", by: "slice", count: 200, share: 1 });
    expect(explanation?.text).toMatch(
      /^all 200 mismatches have accented Latin text \(\$\.text\), and none of \d+ sampled matches/,
    );
    for (const { sliced, slice, count } of summary.groups) {
      expect(sliced).toMatchObject({ mismatches: count, ofMismatches: count, matches: 0, lift: null });
      expect(slice).toContain(`all ${count} mismatches have accented Latin text ($.text)`);
    }
  });

  test("shows the inputs of its exemplars, and the agreeing request that is most like the first", async () => {
    const store = await lakeOf(records(4_000, texts), accented);
    const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
    for (const { examples } of summary.groups) {
      for (const { position, input } of examples) {
        expect(input).toBe(JSON.stringify(texts(Number(position.split("/").at(-1)))));
      }
      const neighbour = examples[0]?.neighbour;
      const at = Number(neighbour?.position.split("/").at(-1));
      expect(neighbour).toEqual({ position: expect.any(String), id: `id-0-${at}`, input: JSON.stringify(texts(at)) });
      expect(at % 20).not.toBe(0);
      expect(examples.slice(1).some((example) => example.neighbour !== undefined)).toBe(false);
    }
  });

  test("of few findings shows them, too, though nothing is searched", async () => {
    const store = await lakeOf(records(300, texts), (_, at) => at === 40 || at === 77);
    const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
    expect(summary.explanations).toBeUndefined();
    const examples = summary.groups.flatMap((group) => group.examples);
    expect(examples.map(({ input }) => input).sort()).toEqual([texts(40), texts(77)].map((one) => JSON.stringify(one)));
    for (const group of summary.groups) expect(group.examples[0]?.neighbour?.input).toContain("text");
  });
});

test("what a mask hides stands nowhere: in no input, neighbour, slice or explanation", async () => {
  const secret = (at: number): unknown => ({ text: `plain ${at}`, card: at % 20 === 0 ? "4111-SECRET" : `5500-${at}` });
  const hit = ({ input }: Planted): boolean => JSON.stringify(input).includes("SECRET");
  const store = await lakeOf(records(4_000, secret), hit);
  const open = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
  expect(open.explanations?.[0]?.text).toContain('$.card = "4111-SECRET"');
  const mask: Partial<WrittenConfig> = { models: { "*": { ...exact.models["*"], mask: ["$.card"] } } };
  const masked = await compareStage(testSession(store, mask), { run: PLANTED_RUN });
  const whole = JSON.stringify(masked);
  expect(whole).not.toContain("SECRET");
  expect(whole).not.toContain("5500");
  expect(masked.groups[0]?.examples[0]?.input).toContain("plain");
});

describe("many models of few mismatches each", () => {
  const models = 100;
  const each = 150;
  const all = Array.from({ length: models }, (_, m) =>
    records(each, (at) => ({ text: at % 20 === 0 ? "größer" : "plain", n: at % 9 }), `client-${m}`),
  ).flat();

  test("share a cause that is found over all of them", async () => {
    const store = await lakeOf(all, accented, 2);
    const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
    expect(Object.values(summary.models).every(({ k }) => k === 8)).toBe(true);
    const [explanation] = summary.explanations ?? [];
    expect(explanation).toMatchObject({ model: null, by: "slice" });
    expect(explanation?.text).toContain(`over ${models} models`);
    expect(explanation?.text).toMatch(/have accented Latin text \(\$\.text\)|\$\.text = "größer"/);
    expect(explanation?.groups.length).toBe(100);
  });

  test("where it is some models that differ, claim nothing of their inputs", async () => {
    const long = all.map((record) => {
      const text = record.model?.endsWith("7") ? "a long text, as only these clients send it, of many words" : "short";
      return { ...record, input: { text, n: 1 } };
    });
    const store = await lakeOf(long, ({ model }, at) => model?.endsWith("7") === true && at % 9 === 0, 2);
    const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
    expect(summary.groups.length).toBeGreaterThan(5);
    expect(summary.explanations).toBeUndefined();
  });
});

describe("the summary", () => {
  test("is the same bytes for any number of processes that share the work", async () => {
    const all = [...records(3_000, texts), ...records(500, texts, "n")];
    const summaries: unknown[] = [];
    for (const processes of [1, 2, 7]) {
      const store = await lakeOf(all, (record, at) => accented(record) || at % 97 === 0, 7);
      const partials = Array.from({ length: processes }, () => new RunTally());
      let unit = 0;
      const merge = vi.spyOn(RunTally.prototype, "merge").mockImplementation(function (this: RunTally, other) {
        // Each unit goes to a process of its own turn; the whole is made of theirs, stored and read back, last first.
        const mine = partials[unit++ % processes] as RunTally;
        merge.mock.calls.length = 0;
        original.call(mine, other);
        if (unit < 7) return;
        for (const part of partials.reverse()) original.call(this, RunTally.fromStored(part.toStored()));
      });
      const summary = await compareStage(testSession(store, exact), { run: PLANTED_RUN });
      merge.mockRestore();
      expect(summary.explanations?.length).toBeGreaterThan(0);
      const stored = await comparedObjects(store, PLANTED_RUN);
      summaries.push(stored.get(summaryKey(PLANTED_RUN, summary.rules)));
    }
    expect(summaries[1]).toBe(summaries[0]);
    expect(summaries[2]).toBe(summaries[0]);
  });

  test("is whole without the inputs of an object that cannot be read, and a warning says so", async () => {
    const store = await lakeOf(records(4_000, texts), accented, 2);
    const broken = await withDamagedInputs(store);
    const session = testSession(broken, exact);
    const summary = await compareStage(session, { run: PLANTED_RUN });
    expect(summary.models.m?.k).toBe(200);
    expect(summary.problems).toBeUndefined();
    expect(session.warned).toEqual(["the inputs of an object cannot be read: what they tell is missing"]);
    expect(summary.groups.flatMap(({ examples }) => examples).some(({ input }) => input === undefined)).toBe(true);
  });
});

const original = RunTally.prototype.merge;

/** The same store, but the inputs of the first object are damaged. */
async function withDamagedInputs(store: Store): Promise<Store> {
  const copy = memoryStore();
  for await (const { key } of store.list("")) {
    const bytes = Uint8Array.from(await store.get(key));
    if (key.startsWith("captures/") && key.includes("/0/")) {
      // Inputs are the largest column, in the middle of the object.
      bytes.fill(0, bytes.length * 0.35, bytes.length * 0.4);
    }
    await copy.put(key, bytes);
  }
  return copy;
}
