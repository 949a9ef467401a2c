import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import type { CommitHint, FirstMessage, LogIdentity } from "../../../capture/port.ts";
import { createLedger } from "../../../capture/ranges/ledger.ts";
import { messageSha } from "../../../capture/ranges/range.ts";
import { readCaptureFooter } from "../../../capture/ranges/resume.ts";
import { CutoverError } from "../../../src/errors.ts";
import { captureKey, originKey, rejectsPrefix } from "../../../src/lake/keys.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import {
  capturedInputs,
  finish,
  ID,
  killable,
  LOG,
  messageAt,
  rejectedValues,
  type Slot,
  startWriter,
} from "./simulation.ts";

const slot = fc.constantFrom<Slot>("record", "record", "record", "record", "tombstone", "broken", "absent");
const logs = fc.array(slot, { minLength: 1, maxLength: 60 });
const records = (n: number): Slot[] => Array.from({ length: n }, () => "record");

async function keys(store: Store, prefix = "captures/"): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

/** Every position stands exactly once, with the bytes of the message, and the audit says the same. */
async function expectWhole(store: Store, log: readonly Slot[]): Promise<void> {
  const audit = await auditCaptures(store, { repair: true });
  expect(audit).toMatchObject({ ok: true });
  const count = (kind: Slot): number => log.filter((s) => s === kind).length;
  expect(audit.sums).toMatchObject({
    consumed: log.length,
    captured: count("record"),
    rejected: count("broken"),
    tombstones: count("tombstone"),
    absent: count("absent"),
  });
  const captured = await capturedInputs(store);
  const rejected = await rejectedValues(store);
  log.forEach((kind, at) => {
    expect(captured.get(at)).toEqual(kind === "record" ? [`{"n": ${at}.0}`] : undefined);
    expect(rejected.get(at)).toEqual(kind === "broken" ? [String(messageAt(at, kind).value)] : undefined);
  });
}

describe("the ledger", () => {
  test("holds every position exactly once, wherever its writers are killed and however they rotate", async () => {
    const session = fc.record({
      rotate: fc.integer({ min: 1, max: 20 }),
      fed: fc.integer({ min: 0, max: 40 }),
      puts: fc.integer({ min: 0, max: 6 }),
      kept: fc.boolean(),
      hint: fc.constantFrom("last", "first", "none", "foreign", "shifted"),
    });
    await fc.assert(
      fc.asyncProperty(logs, fc.array(session, { maxLength: 6 }), async (log, sessions) => {
        const store = memoryStore();
        const commits: CommitHint[] = [];
        for (const { rotate, fed, puts, kept, hint } of sessions) {
          const last = commits.at(-1);
          const hints: Record<string, CommitHint | undefined> = {
            last,
            first: commits[0],
            foreign: { offset: 5n, metadata: "someone else's" },
            shifted: last && { offset: last.offset + 1n, metadata: last.metadata },
          };
          const capture = { rotate: { records: rotate } };
          const writer = await startWriter(killable(store, puts, kept), log, capture, hints[hint]);
          writer.feed(log, fed);
          await writer.recorder.flush();
          commits.push(...writer.commits);
        }
        await finish(await startWriter(store, log), log);
        await expectWhole(store, log);
      }),
      { numRuns: 60 },
    );
  });

  test("holds every position exactly once when a zombie wakes up between the others' writes", async () => {
    const step = fc.record({ who: fc.nat({ max: 2 }), fed: fc.integer({ min: 1, max: 15 }), flush: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(logs, fc.array(step, { maxLength: 12 }), async (log, steps) => {
        const store = memoryStore();
        const settings = [3, 5, 100].map((n) => ({ rotate: { records: n } }));
        const writers = await Promise.all(settings.map((capture) => startWriter(store, log, capture)));
        for (const { who, fed, flush } of steps) {
          const writer = writers[who];
          writer?.feed(log, fed);
          if (flush) await writer?.recorder.flush();
        }
        for (const writer of writers) await finish(writer, log);
        await expectWhole(store, log);
      }),
      { numRuns: 60 },
    );
  });

  test("a second capture writes nothing", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10)), records(10));
    const before = await keys(store);
    const again = await startWriter(store, records(10));
    expect(again.sink.next).toBe(10n);
    await finish(again, records(10));
    expect(await keys(store)).toEqual(before);
    expect(again.recorder.totals.consumed).toBe(0);
  });

  test("a range without rows is an object too", async () => {
    const store = memoryStore();
    const log: Slot[] = ["tombstone", "absent", "broken"];
    await finish(await startWriter(store, log), log);
    const footer = await readCaptureFooter(store, captureKey({ ...ID, first: 0n }));
    expect(footer).toMatchObject({
      first: "0",
      last: "2",
      captured: 0,
      tombstones: 1,
      absent: 1,
      rejected: 1,
      minTime: null,
    });
  });

  test("a commit is trusted only when it names an object that ends just before it", async () => {
    const store = memoryStore();
    const writer = await startWriter(store, records(10), { rotate: { records: 4 } });
    await finish(writer, records(10));
    const [first] = writer.commits;
    const named = captureKey({ ...ID, first: 0n });
    expect(first).toEqual({ offset: 4n, metadata: named });
    const corrupt = captureKey({ ...ID, first: 8n });
    const listed: (string | undefined)[] = [];
    const watched: Store = {
      ...store,
      list(prefix, options) {
        listed.push(options?.startAfter);
        return store.list(prefix, options);
      },
    };
    /** The position, and what was listed: only what follows a trusted commit, everything otherwise. */
    const resume = async (hint?: CommitHint) => {
      listed.length = 0;
      const { sink } = await startWriter(watched, records(10), {}, hint);
      return [sink.next, ...listed];
    };
    expect(await resume(first)).toEqual([10n, named]);
    expect(await resume({ offset: 3n, metadata: named })).toEqual([10n, undefined]);
    expect(await resume({ offset: 9n, metadata: "" })).toEqual([10n, undefined]);
    expect(await resume({ offset: -1n, metadata: "" })).toEqual([10n, undefined]);
    expect(await resume({ offset: 99n, metadata: captureKey({ ...ID, first: 90n }) })).toEqual([10n, undefined]);
    expect(await resume({ offset: 4n, metadata: captureKey({ ...ID, partition: 7, first: 0n }) })).toEqual([
      10n,
      undefined,
    ]);
    expect(await resume()).toEqual([10n, undefined]);
    await store.put(corrupt, new Uint8Array(100));
    expect(await resume(undefined).catch((error: { code: string }) => error.code)).toBe("PARQUET_CORRUPT");
    await store.delete([corrupt]);
    expect(await resume({ offset: 10n, metadata: corrupt })).toEqual([8n, undefined]);
  });

  test("a commit that names a damaged object is no reason to stop: the listing tells", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10), { rotate: { records: 4 } }), records(10));
    const damaged = captureKey({ ...ID, first: 0n });
    await store.put(damaged, new Uint8Array(100));
    expect((await startWriter(store, records(10), {}, { offset: 4n, metadata: damaged })).sink.next).toBe(10n);
  });

  test("a hole is filled up to the object behind it, whatever the rotation, and nothing is doubled", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10), { rotate: { records: 2 } }), records(10));
    await store.delete([2n, 6n].map((first) => captureKey({ ...ID, first })));
    const hint = { offset: 2n, metadata: "" };
    const ledger = createLedger(store);
    expect(await ledger.resume(ID, { low: 0n, high: 10n }, hint)).toEqual({ next: 2n, readableFrom: 2n, before: 4n });
    // Retention reaches over the hole: what lies beyond is held by the object behind it.
    expect(await ledger.resume(ID, { low: 9n, high: 10n }, hint)).toEqual({ next: 2n, readableFrom: 4n, before: 4n });
    const named = { offset: 2n, metadata: captureKey({ ...ID, first: 0n }) };
    expect(await ledger.resume(ID, { low: 0n, high: 10n }, named)).toMatchObject({ next: 2n, before: 4n });
  });

  test("a deleted object is filled again when the committed offset points there", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10), { rotate: { records: 4 } }), records(10));
    await store.delete([captureKey({ ...ID, first: 4n })]);
    expect((await auditCaptures(store, { repair: false })).ok).toBe(false);
    await finish(
      await startWriter(store, records(10), { rotate: { records: 3 } }, { offset: 4n, metadata: "" }),
      records(10),
    );
    const { partitions } = await auditCaptures(store, { repair: false });
    expect(partitions[0]?.gaps).toEqual([]);
  });

  test("a new log starts at its earliest position, and what retention deletes later is a gap", async () => {
    const store = memoryStore();
    const log = records(20);
    const writer = await startWriter(store, log, {}, undefined, 5n);
    expect(writer.sink.next).toBe(5n);
    writer.feed(log, 5);
    await writer.recorder.flush();
    await finish(await startWriter(store, log, {}, undefined, 14n), log);
    const { ok, sums, partitions } = await auditCaptures(store, { repair: false });
    expect({ ok, consumed: sums.consumed, absent: sums.absent }).toEqual({ ok: true, consumed: 15, absent: 4 });
    expect(partitions[0]?.gaps).toEqual([{ from: "10", to: "13", reason: "retention" }]);
  });

  test("a log that ends before the ledger does is another log", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10)), records(10));
    const shorter = startWriter(store, records(9));
    await expect(shorter).rejects.toMatchObject({ code: "LEDGER_CONFLICT", exitCode: 2 });
  });

  test("a first message that differs is another log, and nothing is overwritten", async () => {
    const store = memoryStore();
    const early = await startWriter(store, records(4));
    await finish(await startWriter(store, records(4)), records(4));
    const before = await store.get(captureKey({ ...ID, first: 0n }));
    early.sink.accept({ ...messageAt(0, "record"), timestamp: 7 });
    await early.recorder.flush();
    expect(early.recorder.failed.reason).toMatchObject({ code: "LEDGER_CONFLICT" });
    expect(await store.get(captureKey({ ...ID, first: 0n }))).toEqual(before);
  });

  test("an answer that was lost neither loses the range nor doubles it, and is counted once at most", async () => {
    const store = memoryStore();
    let lost = true;
    const flaky: Store = {
      ...store,
      async put(key, body, options) {
        const info = await store.put(key, body, options);
        if (!lost) return info;
        lost = false;
        return store.put(key, body, options);
      },
    };
    const writer = await startWriter(flaky, records(5));
    await finish(writer, records(5));
    expect(writer.recorder.totals).toMatchObject({ consumed: 0, objects: 0 });
    expect(writer.commits).toEqual([{ offset: 5n, metadata: captureKey({ ...ID, first: 0n }) }]);
    await expectWhole(store, records(5));
  });
});

describe("the first object of a partition", () => {
  const identity = (topicId: string): LogIdentity => ({
    topicId,
    firstAt: async () => undefined,
    confirm: async () => {},
  });

  test("begins where the first writer found the log's start, also for one that finds it later", async () => {
    const store = memoryStore();
    const log = records(10);
    const early = await startWriter(store, log, {}, undefined, 2n, identity("a"));
    early.feed(log, 5);
    // Retention goes on; the early one is taken for dead.
    const late = await startWriter(store, log, {}, undefined, 4n, identity("a"));
    await late.recorder.flush();
    await finish(early, log);
    await finish(late, log);
    const { ok, partitions, sums } = await auditCaptures(store, { repair: false });
    expect({ ok, first: partitions[0]?.first, consumed: sums.consumed }).toEqual({ ok: true, first: "2", consumed: 8 });
  });

  test("is refused to another topic of the same name, though nothing was captured yet", async () => {
    const store = memoryStore();
    await startWriter(store, records(4), {}, undefined, 0n, identity("a"));
    const other = startWriter(store, records(4), {}, undefined, 0n, identity("b"));
    await expect(other).rejects.toMatchObject({ code: "LEDGER_CONFLICT" });
  });
});

describe("another log of the same name", () => {
  const sha = (offset: number): string => messageSha(messageAt(offset, "record"));
  /** Ten records in objects of four: the last object begins at 8. */
  async function captured(topicId?: string, log: readonly Slot[] = records(10)) {
    const store = memoryStore();
    const identity = { topicId, firstAt: async () => undefined, confirm: async () => {} };
    const settings = { rotate: { records: 4 } };
    await finish(await startWriter(store, log, settings, undefined, 0n, identity), log);
    return store;
  }
  const bounds = { low: 0n, high: 50n };

  test.each<[string, string | undefined, string | undefined, FirstMessage | undefined, bigint, boolean]>([
    ["the same id, whatever stands there", "a", "a", { offset: 8n, sha: "other" }, 0n, true],
    ["another id, whatever stands there", "a", "b", { offset: 8n, sha: sha(8) }, 0n, false],
    ["no id then, the same message", undefined, "b", { offset: 8n, sha: sha(8) }, 0n, true],
    ["no id now, another message", "a", undefined, { offset: 8n, sha: sha(7) }, 0n, false],
    ["no ids, the same message", undefined, undefined, { offset: 8n, sha: sha(8) }, 0n, true],
    ["no ids, another message", undefined, undefined, { offset: 8n, sha: sha(7) }, 0n, false],
    ["no ids, compaction removed the message", undefined, undefined, { offset: 9n, sha: sha(9) }, 0n, true],
    ["no ids, no message that could be compared", undefined, undefined, undefined, 0n, true],
    ["no ids, retention removed the message", undefined, undefined, { offset: 8n, sha: sha(7) }, 9n, true],
  ])("is told by id, or by content where nothing else can be: %s", async (_name, then, now, message, low, isSame) => {
    const store = await captured(then);
    const asked: bigint[] = [];
    const identity: LogIdentity = {
      topicId: now,
      firstAt: async (position) => {
        asked.push(position);
        return message;
      },
      confirm: async () => {},
    };
    const point = createLedger(store).resume(ID, { ...bounds, low }, undefined, identity);
    if (isSame) expect(await point).toMatchObject({ next: 10n });
    else await expect(point).rejects.toMatchObject({ code: "LEDGER_CONFLICT", exitCode: 2 });
    expect(asked).toEqual((then && now) || low > 8n ? [] : [8n]);
  });

  test("a message where none was captured is another log's", async () => {
    const store = await captured(undefined, [...records(8), "absent", "absent"]);
    const identity = { topicId: undefined, firstAt: async () => ({ offset: 8n, sha: "x" }), confirm: async () => {} };
    const point = createLedger(store).resume(ID, bounds, undefined, identity);
    await expect(point).rejects.toMatchObject({ code: "LEDGER_CONFLICT" });
  });

  test("is refused before a range is put, and the range is not kept", async () => {
    const store = memoryStore();
    let replaced = false;
    const identity: LogIdentity = {
      topicId: "a",
      firstAt: async () => undefined,
      confirm: async () => {
        if (replaced) throw new CutoverError("LEDGER_CONFLICT", "another topic", {});
      },
    };
    const writer = await startWriter(store, records(10), { rotate: { records: 4 } }, undefined, 0n, identity);
    writer.feed(records(10), 4);
    await writer.recorder.flush();
    replaced = true;
    writer.feed(records(10), 6);
    await writer.recorder.flush();
    expect(writer.recorder.failed.reason).toMatchObject({ code: "LEDGER_CONFLICT" });
    expect(await keys(store)).toEqual([captureKey({ ...ID, first: 0n }), originKey(LOG, ID.partition)]);
    expect(await readCaptureFooter(store, captureKey({ ...ID, first: 0n }))).toMatchObject({ topicId: "a" });
  });

  test("whose id another writer's object bears is no range of this one", async () => {
    const store = memoryStore();
    const identity = (topicId: string): LogIdentity => ({
      topicId,
      firstAt: async () => undefined,
      confirm: async () => {},
    });
    const early = await startWriter(store, records(4), {}, undefined, 0n, identity("a"));
    const other = memoryStore();
    await finish(await startWriter(other, records(4), {}, undefined, 0n, identity("b")), records(4));
    const key = captureKey({ ...ID, first: 0n });
    await store.put(key, await other.get(key));
    early.feed(records(4), 4);
    await early.recorder.flush();
    expect(early.recorder.failed.reason).toMatchObject({ code: "LEDGER_CONFLICT" });
  });
});

describe("the audit", () => {
  test("sees a missing object, a doubled range and missing rejects", async () => {
    const store = memoryStore();
    const log: Slot[] = [...records(8), "broken", ...records(3)];
    await finish(await startWriter(store, log, { rotate: { records: 4 } }), log);
    const [rejects] = await keys(store, rejectsPrefix);
    await store.delete([captureKey({ ...ID, first: 4n }), rejects ?? ""]);
    const { ok, partitions } = await auditCaptures(store, { repair: false });
    expect(ok).toBe(false);
    expect(partitions[0]).toMatchObject({
      gaps: [{ from: "4", to: "7", reason: "missing" }],
      faults: [{ fault: expect.stringContaining("missing") }],
    });
  });

  test("sees an overlap", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(8)), records(8));
    const other = memoryStore();
    await finish(await startWriter(other, records(8), {}, undefined, 6n), records(8));
    await store.put(captureKey({ ...ID, first: 6n }), await other.get(captureKey({ ...ID, first: 6n })));
    const { ok, partitions } = await auditCaptures(store, { repair: false });
    expect(ok).toBe(false);
    expect(partitions[0]?.overlaps).toMatchObject([{ from: "6", to: "7" }]);
  });

  test("deletes only orphans that no writer can still name", async () => {
    const store = memoryStore();
    const log: Slot[] = ["broken", "record"];
    await finish(await startWriter(store, log), log);
    const [named] = await keys(store, rejectsPrefix);
    const dead = `rejects/${LOG}/3/${"0".repeat(20)}-${"0".repeat(20)}-aaaaaaaa.parquet`;
    const pending = `rejects/${LOG}/3/${"2".padStart(20, "0")}-${"9".padStart(20, "0")}-bbbbbbbb.parquet`;
    for (const key of [dead, pending]) await store.put(key, new Uint8Array(1));
    expect((await auditCaptures(store, { repair: false })).partitions[0]?.orphans).toEqual([dead, pending].sort());
    const repaired = await auditCaptures(store, { repair: true });
    expect(repaired).toMatchObject({ ok: true, repaired: 1 });
    expect(await keys(store, rejectsPrefix)).toEqual([named, pending].sort());
  });
});
