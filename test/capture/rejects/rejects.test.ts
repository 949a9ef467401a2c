import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import type { Header, Message, Source } from "../../../capture/port.ts";
import { type RereadResult, rereadStage } from "../../../capture/rejects/rejects-stage.ts";
import { renderReread } from "../../../capture/render.ts";
import { runSource } from "../../../capture/stage.ts";
import type { WrittenConfig } from "../../../src/config/schema.ts";
import { listCaptures } from "../../../src/lake/captures.ts";
import { rejectsKey } from "../../../src/lake/keys.ts";
import { rereadLog, rereadParents } from "../../../src/lake/reread.ts";
import { LIMITS } from "../../../src/limits.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { testSession } from "../../support/session.ts";
import { killable } from "../ranges/simulation.ts";

const LOG = "topic@00000000";
const AGAIN = rereadLog(LOG);
const PARTITIONS = 2;

type Capture = WrittenConfig["capture"];
/** The messages name their model in `who`, or in a header `model`; the id of some is a number. */
const WRONG: Capture = { map: { model: "$.nowhere" }, maxRejectRate: 1 };
const MENDED: Capture = { map: { model: "$.who" }, rotate: { records: 3 } };
const BY_HEADER: Capture = { map: { model: "header:model" } };

type Kind = "who" | "header" | "broken";

function messageOf(partition: number, offset: number, kind: Kind): Message {
  const json = `{"id":"p${partition}-${offset}","who":"${kind === "who" ? "a/b" : "not a name"}","input":{"n": ${offset}.0},"output":[]}`;
  const value = Buffer.from(kind === "broken" ? json.slice(1) : json);
  const headers: Header[] = [
    ["trace", Buffer.from([0xff, 0])],
    ["model", Buffer.from(kind === "header" ? "h/m" : "bad name")],
  ];
  return {
    offset: BigInt(offset),
    timestamp: 5_000 + offset,
    key: Buffer.from(`k${offset}`),
    value,
    valueBytes: value.length,
    headers,
  };
}

/** Partition p holds messages at every third position; what kind stands there is given. */
const OFFSET_STEP = 3;
function sourceOf(kinds: readonly Kind[]): Source {
  return async ({ sink, ledger, drain }) => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const id = { log: LOG, partition };
      const high = BigInt(kinds.length * OFFSET_STEP);
      const from = await ledger.resume(id, { low: 0n, high });
      const open = sink.open(id, from, { durable: async () => {}, moved: () => {} });
      kinds.forEach((kind, i) => {
        open.accept(messageOf(partition, i * OFFSET_STEP, kind));
      });
      open.skipTo(high);
    }
    await drain();
    return "done";
  };
}

const capture = (store: Store, kinds: readonly Kind[], config: Capture = WRONG) =>
  runSource(testSession(store, { config: { capture: config } }), sourceOf(kinds));
const reread = (store: Store, config: Capture, dryRun = false): Promise<RereadResult> =>
  rereadStage(testSession(store, { config: { capture: config } }), { dryRun });

/** `log/partition/offset` → the input's text, of every captured row; a row that stands twice fails. */
async function rows(store: Store): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { reader } of listCaptures(store)) {
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const columns = await reader.read(group, ["log", "partition", "offset", "input", "capturedAt", "model"]);
      columns.offset?.forEach((offset, i) => {
        const name = `${columns.log?.[i]}/${columns.partition?.[i]}/${offset}`;
        expect(found.has(name)).toBe(false);
        found.set(
          name,
          `${columns.model?.[i]} ${columns.capturedAt?.[i]} ${Buffer.from(columns.input?.[i] as Buffer)}`,
        );
      });
    }
  }
  return found;
}

async function keys(store: Store, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

async function expectSound(store: Store): Promise<void> {
  const { ok, partitions } = await auditCaptures(store, { repair: false });
  expect({ ok, faults: partitions.flatMap(({ faults }) => faults) }).toEqual({ ok: true, faults: [] });
}

describe("rejected messages, read again after the mapping is mended", () => {
  test("become records with their own bytes, at their own partition and offset, in a log of their own", async () => {
    const store = memoryStore();
    await capture(store, ["who", "who", "broken", "who", "who"]);
    const before = await keys(store);
    const result = await reread(store, MENDED);
    expect(result).toMatchObject({
      captured: 8,
      rejected: 2,
      waiting: {
        messages: 10,
        records: 8,
        reasons: { missing_model: { messages: 8, records: 8 }, bad_json: { messages: 2, records: 0 } },
        still: { bad_json: { messages: 2, example: `${LOG}/0/6` } },
      },
    });
    const found = await rows(store);
    expect(found.get(`${AGAIN}/1/9`)).toBe('a/b 5009 {"n": 9.0}');
    expect(found.size).toBe(8);
    expect(await keys(store)).toEqual(expect.arrayContaining(before));
    await expectSound(store);
  });

  test("take their model from a header, as the message had it", async () => {
    const store = memoryStore();
    await capture(store, ["header"]);
    await reread(store, BY_HEADER);
    expect((await rows(store)).get(`${AGAIN}/0/0`)).toBe('h/m 5000 {"n": 0.0}');
  });

  test("are not read twice, and those that were rejected since are read as well", async () => {
    const store = memoryStore();
    await capture(store, ["who", "who"]);
    await reread(store, MENDED);
    const before = await keys(store);
    expect(await reread(store, MENDED)).toMatchObject({ objects: 0, waiting: { messages: 0 } });
    expect(await keys(store)).toEqual(before);
    await capture(store, ["who", "who", "broken", "who"]);
    expect(await reread(store, MENDED)).toMatchObject({ captured: 2, waiting: { messages: 4, records: 2 } });
    expect((await rows(store)).size).toBe(6);
    await expectSound(store);
  });

  test("that are rejected again wait for the next mending, and are copied only when one of them is saved", async () => {
    const store = memoryStore();
    await capture(store, ["who", "broken", "header", "broken"]);
    await reread(store, MENDED);
    const before = await keys(store);
    for (let i = 0; i < 3; i++)
      expect(await reread(store, MENDED)).toMatchObject({ objects: 0, waiting: { messages: 6, records: 0 } });
    expect(await keys(store)).toEqual(before);
    expect(await reread(store, BY_HEADER)).toMatchObject({ captured: 2, rejected: 4 });
    const found = await rows(store);
    expect([...found.keys()].sort()).toEqual(
      [0, 1].flatMap((p) => [`${AGAIN}/${p}/0`, `${rereadLog(AGAIN)}/${p}/6`]).sort(),
    );
    expect(await reread(store, BY_HEADER)).toMatchObject({ objects: 0, waiting: { messages: 4, records: 0 } });
    await expectSound(store);
  });

  test("are tried once in a run: what fails again is not read once more with what an earlier mending left", async () => {
    const store = memoryStore();
    await capture(store, ["who", "header"]);
    await reread(store, MENDED);
    await capture(store, ["who", "header", "header", "broken"]);
    // Of each partition one message that waited in the log of rejects, one new one, and one that fails, once.
    expect(await reread(store, BY_HEADER)).toMatchObject({ captured: 4, rejected: 2, waiting: { messages: 6 } });
  });

  test("are counted by a dry run, which writes nothing and foretells exactly what is captured", async () => {
    const store = memoryStore();
    await capture(store, ["who", "broken", "header"]);
    const before = await keys(store);
    const dry = await reread(store, MENDED, true);
    expect(await keys(store)).toEqual(before);
    expect(renderReread(dry)).toContain("nothing was written");
    const real = await reread(store, MENDED);
    expect(real.waiting).toEqual(dry.waiting);
    expect(real.captured).toBe(dry.waiting.records);
  });

  test("are left alone in a partition of which none becomes a record", async () => {
    const store = memoryStore();
    await capture(store, ["broken", "header"]);
    const before = await keys(store);
    const result = await reread(store, MENDED);
    expect(result).toMatchObject({ objects: 0, consumed: 0, waiting: { messages: 4, records: 0 } });
    expect(renderReread(result)).toContain("none of them becomes a record");
    expect(await keys(store)).toEqual(before);
  });

  test("of an orphan are not read: no footer names it", async () => {
    const store = memoryStore();
    await capture(store, ["who"]);
    const [named] = await keys(store, "rejects/");
    const orphan = rejectsKey({ log: LOG, partition: 0, first: 0n }, 2n, "ab".repeat(32));
    await store.put(orphan, await store.get(named as string));
    expect(await reread(store, MENDED)).toMatchObject({ captured: 2, waiting: { messages: 2 } });
  });

  test("that were cut for their size stay rejected, with the size they had", async () => {
    const store = memoryStore();
    const big = { ...messageOf(0, 0, "who"), valueBytes: LIMITS.messageBytes + 77 };
    const source: Source = async ({ sink, drain }) => {
      const open = sink.open(
        { log: LOG, partition: 0 },
        { next: 0n, readableFrom: 0n },
        { durable: async () => {}, moved() {} },
      );
      open.accept(big);
      open.accept(messageOf(0, 1, "who"));
      await drain();
      return "done";
    };
    await runSource(testSession(store, { config: { capture: WRONG } }), source);
    const { waiting, captured } = await reread(store, MENDED);
    expect(captured).toBe(1);
    expect(waiting.still.too_large?.detail).toContain(`the message has ${LIMITS.messageBytes + 77} bytes`);
  });

  test("keep a sample's decision: what it leaves out is counted and not read again", async () => {
    const store = memoryStore();
    await capture(store, ["who", "who"]);
    const sampled = { ...MENDED, sample: [{ models: "*", rate: 0 }] };
    expect(await reread(store, sampled)).toMatchObject({ captured: 0, sampledOut: 4, waiting: { records: 4 } });
    expect(await reread(store, MENDED)).toMatchObject({ objects: 0, waiting: { messages: 0 } });
  });

  test("are read to their end by one that another has overtaken, which then was killed", async () => {
    const store = memoryStore();
    const all = Array.from({ length: 40 }, (): Kind => "who");
    await capture(store, all, { ...WRONG, rotate: { records: 1 } });
    const of = (place: Store, records: number) => reread(place, { ...MENDED, rotate: { records } });
    let overtaken = false;
    const slow: Store = {
      ...store,
      // Reading goes on while the first write waits, and long after it has lost.
      async get(key, range, signal) {
        if (key.startsWith("rejects/")) for (let i = 0; i < 20; i++) await new Promise((turn) => setImmediate(turn));
        return store.get(key, range, signal);
      },
      async put(key, body, options) {
        if (!overtaken && key.startsWith(`captures/${AGAIN}`)) {
          overtaken = true;
          await of(killable(store, 1, false), 2).catch(() => {});
        }
        return store.put(key, body, options);
      },
    };
    expect(await of(slow, 3)).toMatchObject({ captured: all.length * PARTITIONS - 2 });
    await expectSound(store);
    expect((await rows(store)).size).toBe(all.length * PARTITIONS);
  });

  test("are captured once each, wherever it is killed, and by two at once", async () => {
    const kinds = fc.array(fc.constantFrom<Kind>("who", "who", "header", "broken"), { minLength: 1, maxLength: 30 });
    const kills = fc.array(fc.record({ puts: fc.nat(5), kept: fc.boolean() }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(kinds, kills, async (all, killed) => {
        const store = memoryStore();
        await capture(store, all, { ...WRONG, rotate: { records: 4 } });
        for (const { puts, kept } of killed) await reread(killable(store, puts, kept), MENDED).catch(() => {});
        const others = { ...MENDED, rotate: { records: 2 } };
        await Promise.all([reread(store, MENDED), reread(store, others)]);
        await reread(store, MENDED);
        await expectSound(store);
        const expected = all.flatMap((kind, i) => (kind === "who" ? [0, 1].map((p) => `${p}/${i * OFFSET_STEP}`) : []));
        const found = [...(await rows(store)).keys()].map((name) => name.slice(name.indexOf("/") + 1));
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe("the log of rejected messages", () => {
  test("is named after the one they were rejected from, and is another for another", () => {
    expect(rereadLog("topic@00000000")).toMatch(/^topic-rejects@[0-9a-f]{8}$/);
    expect(rereadLog(rereadLog("topic@00000000"))).toMatch(/^topic-rejects-2@[0-9a-f]{8}$/);
    expect(rereadLog("topic@00000001")).not.toBe(rereadLog("topic@00000000"));
    expect(rereadLog("topic-rejects@00000000")).not.toBe(rereadLog(rereadLog("topic@00000000")));
  });

  test("tells of which log its messages are", () => {
    expect([...rereadParents([AGAIN, "other@00000000", LOG, rereadLog(AGAIN)])]).toEqual([
      [rereadLog(AGAIN), AGAIN],
      [AGAIN, LOG],
    ]);
  });
});
