import { describe, expect, test } from "vitest";
import { type AuditResult, auditCaptures, type PartitionAudit } from "../../../capture/audit/audit.ts";
import { listCaptures } from "../../../capture/audit/captures.ts";
import { readCaptureFooter } from "../../../capture/ranges/resume.ts";
import { renderAudit } from "../../../capture/render.ts";
import { CutoverError } from "../../../src/errors.ts";
import type { CaptureFooter } from "../../../src/lake/footer.ts";
import { captureKey, rejectsKey } from "../../../src/lake/keys.ts";
import { LIMITS } from "../../../src/limits.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, REJECTS } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { fillManyObjects } from "../../support/many-objects.ts";
import { finish, ID, LOG, type Slot, startWriter } from "../ranges/simulation.ts";

const PATTERN: readonly Slot[] = ["record", "broken", "record", "tombstone"];
/** Three ranges of four positions, each with one reject. */
const LEDGER: readonly Slot[] = [...PATTERN, ...PATTERN, ...PATTERN];
const FIRST = captureKey({ ...ID, first: 0n });
const SECOND = captureKey({ ...ID, first: 4n });

async function ledger(): Promise<Store> {
  const store = memoryStore();
  await finish(await startWriter(store, LEDGER, { rotate: { records: 4 } }), LEDGER);
  return store;
}

const audit = (store: Store, repair = false): Promise<AuditResult> => auditCaptures(store, { repair });

async function keys(store: Store, prefix = "rejects/"): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

async function cut(store: Store, key: string): Promise<void> {
  const bytes = await store.get(key);
  await store.put(key, bytes.subarray(0, bytes.length - 20));
}

/** The object with another footer: no rows, so that only what the footer says is judged. */
async function refoot(store: Store, key: string, change: Partial<CaptureFooter>): Promise<void> {
  const footer = await readCaptureFooter(store, key);
  const empty = { captured: 0, absent: footer.absent + footer.captured, minTime: null, maxTime: null };
  await store.put(key, createObjectWriter(CAPTURES).finish({ ...footer, ...empty, ...change }));
}

/** The rejects object of the second range, with another footer or other rows. */
async function rerejected(store: Store, change: object, rows = 1): Promise<void> {
  const [, key = ""] = await keys(store);
  const writer = createObjectWriter(REJECTS);
  const column = <T>(value: T): T[] => Array.from({ length: rows }, () => value);
  writer.rowGroup({
    reason: column("bad_json"),
    detail: column("d"),
    key: column(null),
    value: column(null),
    headers: column("[]"),
    timestamp: column(1),
    log: column(LOG),
    partition: column(3),
    offset: column(5n),
  });
  await store.put(key, writer.finish({ log: LOG, partition: 3, first: "4", last: "7", rows: 1, ...change }));
}

const damages: readonly [string, (store: Store) => Promise<void>, string][] = [
  ["a capture object cut short", (s) => cut(s, SECOND), "truncated or damaged"],
  ["an empty capture object", (s) => s.put(SECOND, new Uint8Array()).then(() => {}), "truncated or damaged"],
  ["an object under another's key", async (s) => void (await s.put(SECOND, await s.get(FIRST))), "not sound"],
  ["counts that do not add up", (s) => refoot(s, SECOND, { absent: 9 }), "not sound"],
  ["rows that its footer does not count", (s) => refoot(s, SECOND, { captured: 2, absent: 0 }), "not sound"],
  [
    "a gap outside the range",
    (s) => refoot(s, SECOND, { gaps: [{ from: "3", to: "4", reason: "retention" }] }),
    "its gap 3 to 4 is not within 4 to 7",
  ],
  [
    "more positions lost than counted",
    (s) => refoot(s, SECOND, { gaps: [{ from: "4", to: "6", reason: "retention" }] }),
    "its gaps hold 3 positions, of which it counts 2 absent",
  ],
  ["times without rows", (s) => refoot(s, SECOND, { minTime: 1, maxTime: 2 }), "its 0 rows are of the times 1 to 2"],
  ["rejects counted and not named", (s) => refoot(s, SECOND, { rejects: null }), "names no object of them"],
  [
    "rejects that are another number",
    async (s) => {
      const { rejects } = await readCaptureFooter(s, SECOND);
      await refoot(s, SECOND, { rejects: { key: rejects?.key ?? "", sha256: rejects?.sha256 ?? "", rows: 2 } });
    },
    "it counts 1 rejects and names an object of 2",
  ],
  [
    "rejects of another range",
    async (s) => {
      const { rejects } = await readCaptureFooter(s, FIRST);
      await refoot(s, SECOND, { rejects });
    },
    "by the key of another range",
  ],
  [
    "rejects whose hash is not that of their name",
    async (s) => {
      const { rejects } = await readCaptureFooter(s, SECOND);
      await refoot(s, SECOND, { rejects: { key: rejects?.key ?? "", sha256: "ab".repeat(32), rows: 1 } });
    },
    "by the key of another range",
  ],
  ["rejects that are gone", async (s) => s.delete([(await keys(s))[1] ?? ""]), "is missing"],
  ["rejects cut short", async (s) => cut(s, (await keys(s))[1] ?? ""), "truncated or damaged"],
  [
    "captures in place of rejects",
    async (s) => void (await s.put((await keys(s))[1] ?? "", await s.get(FIRST))),
    "not an object of rejects/",
  ],
  ["rejects of other rows", (s) => rerejected(s, {}, 2), '"rows":2'],
  ["rejects whose footer counts other rows", (s) => rerejected(s, { rows: 2 }), "expected"],
  ["rejects of another partition", (s) => rerejected(s, { partition: 4 }), '"partition":4'],
  ["rejects without a footer of ours", (s) => rerejected(s, { first: "x" }), "no sound footer"],
];

describe("the audit finds", () => {
  test("nothing wrong with a sound ledger, and sums of each partition", async () => {
    const { ok, partitions } = await audit(await ledger());
    expect(ok).toBe(true);
    expect(partitions).toMatchObject([
      { log: LOG, partition: 3, first: "0", last: "11", objects: 3, gaps: [], overlaps: [], orphans: [], faults: [] },
    ]);
    expect(partitions[0]?.sums).toMatchObject({ consumed: 12, captured: 6, rejected: 3, tombstones: 3 });
  });

  test.each(damages)("%s", async (_name, damage, text) => {
    const store = await ledger();
    await damage(store);
    const result = await audit(store);
    expect(result.ok).toBe(false);
    const [partition] = result.partitions as [PartitionAudit];
    expect(partition.faults.map(({ key }) => key)).toEqual([SECOND]);
    expect(partition.faults[0]?.fault).toContain(text);
    expect(renderAudit(result)).toContain(`FAULT ${SECOND}`);
  });

  test.each(["captures/readme.txt", `captures/${LOG}/3/7.parquet`, "rejects/old.parquet"])(
    "the foreign object %s, which no reader could take",
    async (key) => {
      const store = await ledger();
      await store.put(key, new Uint8Array(20));
      expect(await audit(store)).toMatchObject({ ok: false, foreign: [key] });
    },
  );

  test.each(["captures/_SUCCESS", `captures/${LOG}/.part`, "rejects/_temporary"])(
    "nothing wrong with %s, which every reader leaves out",
    async (key) => {
      const store = await ledger();
      await store.put(key, new Uint8Array(20));
      expect(await audit(store)).toMatchObject({ ok: true, foreign: [] });
    },
  );
});

describe("an orphan", () => {
  const orphanAt = (first: bigint, last = first, log = LOG): string =>
    rejectsKey({ log, partition: 3, first }, last, "ab".repeat(32));

  test("inside a range that is taken is deleted, and nothing else is", async () => {
    const store = await ledger();
    const named = await keys(store);
    const [beside, within, beyond] = [orphanAt(4n), orphanAt(6n), orphanAt(12n)];
    for (const key of [beside, within, beyond]) await store.put(key, new Uint8Array(9));
    expect((await audit(store)).partitions[0]?.orphans).toEqual([beside, within, beyond].sort());
    const repaired = await audit(store, true);
    expect(repaired).toMatchObject({ ok: true, repaired: 2, deleted: [beside, within].sort() });
    expect(repaired.partitions[0]?.orphans).toEqual([beyond]);
    expect(renderAudit(repaired)).toContain(`deleted ${within}`);
    expect(renderAudit(repaired)).toContain(`orphan ${beyond} (a writer at work may still name it)`);
    expect(await keys(store)).toEqual([...named, beyond].sort());
  });

  test("is kept where an object is missing or cannot be read: that one may have named it", async () => {
    const store = await ledger();
    const [, second = ""] = await keys(store);
    await cut(store, SECOND);
    expect(await audit(store, true)).toMatchObject({ ok: false, repaired: 0 });
    await store.delete([SECOND]);
    expect(await audit(store, true)).toMatchObject({ ok: false, repaired: 0 });
    expect(await keys(store)).toContain(second);
  });

  test("before the ledger's first position is no gap, and in a log without captures no proof", async () => {
    const store = memoryStore();
    const log: Slot[] = ["record", "record"];
    const writer = await startWriter(
      store,
      [...Array.from({ length: 5 }, () => "absent" as const), ...log],
      {},
      undefined,
      5n,
    );
    await finish(writer, [...Array.from({ length: 5 }, () => "absent" as const), ...log]);
    await store.put(orphanAt(1n), new Uint8Array(9));
    expect(await audit(store, true)).toMatchObject({ ok: true, partitions: [{ first: "5", last: "6", gaps: [] }] });
    const empty = memoryStore();
    await empty.put(orphanAt(1n), new Uint8Array(9));
    const nothing = await audit(empty, true);
    expect(nothing).toMatchObject({ ok: false, repaired: 0, partitions: [{ objects: 0 }] });
    expect(renderAudit(nothing)).toContain("nothing proved");
    expect(await keys(empty)).toHaveLength(1);
  });

  test("more than are listed are counted", async () => {
    const store = await ledger();
    const more = 5;
    for (let i = 0; i < LIMITS.auditFindings + more; i++)
      await store.put(orphanAt(4n, 5n + BigInt(i)), new Uint8Array(1));
    const result = await audit(store);
    expect(result).toMatchObject({ ok: true, unlisted: more });
    expect(result.partitions[0]?.orphans).toHaveLength(LIMITS.auditFindings);
  });
});

describe("many objects", () => {
  const MANY = 3_000;

  /** The store, with what is asked of it. */
  function watched(store: Store) {
    const seen = { gets: 0, heads: 0, open: 0, most: 0, bytes: 0 };
    const watching: Store = {
      ...store,
      async get(key, range, signal) {
        seen.gets++;
        seen.most = Math.max(seen.most, ++seen.open);
        await new Promise((turn) => setImmediate(turn));
        const bytes = await store.get(key, range, signal);
        seen.open--;
        seen.bytes += bytes.length;
        return bytes;
      },
      head(key, signal) {
        seen.heads++;
        return store.head(key, signal);
      },
    };
    return { seen, watching };
  }

  test("are audited by one ranged read each, and one of the rejects they name, a few at once", async () => {
    const store = memoryStore();
    await fillManyObjects(store, MANY);
    const { seen, watching } = watched(store);
    const told: (number | undefined)[] = [];
    const result = await auditCaptures(watching, { repair: false, onProgress: (_objects, all) => told.push(all) });
    expect(result).toMatchObject({ ok: true, sums: { objects: MANY, rejected: MANY / 10, consumed: 4 * MANY } });
    expect(result.partitions).toHaveLength(6);
    expect(seen).toMatchObject({ gets: MANY + MANY / 10, heads: 0, most: LIMITS.footerReads });
    expect(told.at(-1)).toBe(MANY);
  });

  test("are listed by one read each", async () => {
    const store = memoryStore();
    await fillManyObjects(store, 500);
    const { seen, watching } = watched(store);
    const signal = new AbortController().signal;
    const { models } = await listCaptures(watching, { models: [], since: null, until: null }, { signal });
    expect(models).toEqual({ "many/model": { rows: 1_950, minTime: 1_700_000_000_000, maxTime: 1_700_000_000_003 } });
    expect(seen).toMatchObject({ gets: 500, heads: 0, most: LIMITS.footerReads });
  });

  test("are left at once when the user says stop", async () => {
    const store = memoryStore();
    await fillManyObjects(store, 300);
    const { seen, watching } = watched(store);
    const stop = new AbortController();
    const interrupted = new CutoverError("INTERRUPTED", "interrupted");
    const result = auditCaptures(watching, {
      repair: true,
      signal: stop.signal,
      onProgress: () => stop.abort(interrupted),
    });
    await expect(result).rejects.toBe(interrupted);
    expect(seen.gets).toBeLessThan(100);
  });
});
