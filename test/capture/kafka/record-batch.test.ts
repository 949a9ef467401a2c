import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c } from "../../../capture/kafka/crc32c.ts";
import {
  abortedBatches,
  holdsRecordBatches,
  messagesOf,
  readRecordBatches,
} from "../../../capture/kafka/record-batch.ts";
import type { Message } from "../../../capture/port.ts";
import { type BatchSpec, recordBatch } from "../../support/record-batch.ts";

const unpacked = async (): Promise<Uint8Array> => {
  throw new Error("nothing is packed here");
};

type Taken = Omit<Message, "valueBytes">;

function take(messages: Iterable<Message>): Taken[] {
  return [...messages].map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes)]),
  }));
}

// A generator fills one object again and again, so each message is copied before the next is taken.
function copyAll(messages: Iterable<Message>): Taken[] {
  const copies: Taken[] = [];
  for (const message of messages) copies.push(...take([message]));
  return copies;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const record = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(
    fc.tuple(
      fc.string({ unit: "binary" }).map((s) => s.toWellFormed()),
      bytes,
    ),
    { maxLength: 4 },
  ),
  timeDelta: fc.oneof(
    fc.integer({ min: -1000, max: 1000 }).map(BigInt),
    fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }),
  ),
  gap: fc.integer({ min: 0, max: 3 }),
});
const batchSpec = fc.record({
  firstOffset: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  baseTimestamp: fc.bigInt({ min: 0n, max: 8n * 10n ** 15n }),
  records: fc.array(record, { maxLength: 20 }),
});

const TIME_MAX = 8_640_000_000_000_000n;
const bounded = (time: bigint): number => Number(time > TIME_MAX ? TIME_MAX : time < -TIME_MAX ? -TIME_MAX : time);

describe("the checksum", () => {
  test.each([
    ["", 0],
    ["123456789", 0xe3069283],
    ["a", 0xc1d04330],
  ])("of %j is that of the standard", (text, expected) => {
    expect(crc32c(Buffer.from(text))).toBe(expected);
  });

  test("of a part equals that of a copy of the part, at any alignment", () => {
    fc.assert(
      fc.property(bytes, fc.nat(300), fc.nat(300), (all, a, b) => {
        const [start, end] = [Math.min(a, b, all.length), Math.min(Math.max(a, b), all.length)];
        expect(crc32c(all, start, end)).toBe(crc32c(Uint8Array.from(all.subarray(start, end))));
      }),
    );
  });
});

describe("a record batch", () => {
  test("gives back every record as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(batchSpec, async (spec) => {
        const written = recordBatch(spec);
        const [batch] = await readRecordBatches(written.bytes, unpacked);
        expect(batch?.fault).toBeUndefined();
        expect(batch?.lastOffset).toBe(written.lastOffset);
        const expected = written.offsets.map((offset, i) => {
          const { key, value, headers, timeDelta } = spec.records[i] as (typeof spec.records)[number];
          return { offset, timestamp: bounded(spec.baseTimestamp + timeDelta), key, value, headers };
        });
        expect(copyAll(messagesOf(batch as never, 0n))).toEqual(expected);
      }),
    );
  });

  test("any flipped bit behind its length is noticed", async () => {
    await fc.assert(
      fc.asyncProperty(batchSpec, fc.nat(), fc.nat(7), async (spec, place, bit) => {
        const { bytes: written } = recordBatch(spec);
        // Magic, checksum, and all that the checksum is of; offset, length and epoch before them are set by the broker.
        const at = 16 + (place % (written.length - 16));
        const damaged = Buffer.from(written);
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        if (!holdsRecordBatches(damaged)) return;
        const [batch] = await readRecordBatches(damaged, unpacked);
        expect(batch?.fault).toMatch(/checksum/);
        expect([...messagesOf(batch as never, 0n)]).toEqual([]);
      }),
    );
  });

  test("that the fetch has cut is left for the next fetch", async () => {
    const first = recordBatch({ firstOffset: 5n, baseTimestamp: 0n, records: [{ value: Buffer.from("a") }] });
    const second = recordBatch({ firstOffset: 6n, baseTimestamp: 0n, records: [{ value: Buffer.from("b") }] });
    const both = Buffer.concat([first.bytes, second.bytes]);
    for (let cut = first.bytes.length; cut < both.length; cut++) {
      const batches = await readRecordBatches(both.subarray(0, cut), unpacked);
      expect(batches.map(({ firstOffset, fault }) => [firstOffset, fault])).toEqual([[5n, undefined]]);
    }
  });

  test("of which compaction left nothing still says how far it reached", async () => {
    const { bytes: empty } = recordBatch({ firstOffset: 10n, baseTimestamp: 0n, records: [], lastDelta: 7 });
    const [batch] = await readRecordBatches(empty, unpacked);
    expect(batch?.lastOffset).toBe(17n);
    expect([...messagesOf(batch as never, 0n)]).toEqual([]);
  });

  test("gives only the messages from the position that was asked for", async () => {
    const records = ["a", "b", "c"].map((text) => ({ value: Buffer.from(text) }));
    const [batch] = await readRecordBatches(
      recordBatch({ firstOffset: 5n, baseTimestamp: 0n, records }).bytes,
      unpacked,
    );
    expect(copyAll(messagesOf(batch as never, 6n)).map(({ offset }) => offset)).toEqual([6n, 7n]);
  });

  test("with the broker's time gives it to every record", async () => {
    const records = [{ value: Buffer.from("a"), timeDelta: 5n }];
    const spec = { firstOffset: 0n, baseTimestamp: 1000n, records, appendTimestamp: 2000n };
    const [batch] = await readRecordBatches(recordBatch(spec).bytes, unpacked);
    expect(copyAll(messagesOf(batch as never, 0n))[0]?.timestamp).toBe(2000);
  });

  test("that cannot be unpacked, or whose records do not fit it, is told as damaged", async () => {
    const packed = recordBatch({
      firstOffset: 0n,
      baseTimestamp: 0n,
      records: [{ value: Buffer.from("a") }],
      codec: 4,
    });
    const [batch] = await readRecordBatches(packed.bytes, unpacked);
    expect(batch?.fault).toBe("it cannot be decompressed: nothing is packed here");
    const [short] = await readRecordBatches(packed.bytes, async () => Buffer.from([0x40, 0, 0, 0, 1]));
    expect(() => [...messagesOf(short as never, 0n)]).toThrow(/beyond its batch/);
  });
});

describe("aborted transactions", () => {
  const data = (producer: bigint, firstOffset: bigint): BatchSpec => ({
    firstOffset,
    baseTimestamp: 0n,
    records: [{ value: Buffer.from("x") }],
    producerId: producer,
    transactional: true,
  });
  const marker = (producer: bigint, firstOffset: bigint, type: 0 | 1): BatchSpec => ({
    ...data(producer, firstOffset),
    control: true,
    records: [{ key: Buffer.from([0, 0, 0, type]), value: Buffer.from([0, 0, 0, 0, 0, 0]) }],
  });
  const abortedOffsets = async (specs: readonly BatchSpec[], aborted: readonly (readonly [bigint, bigint])[]) => {
    const batches = await readRecordBatches(Buffer.concat(specs.map((spec) => recordBatch(spec).bytes)), unpacked);
    const list = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
    return [...abortedBatches(batches, list)].map(({ firstOffset }) => firstOffset);
  };

  test("are left out until their producer's marker, and what it sends later is not", async () => {
    const specs = [data(1n, 0n), data(2n, 1n), marker(1n, 2n, 0), data(1n, 3n), marker(1n, 4n, 1)];
    expect(await abortedOffsets(specs, [[1n, 0n]])).toEqual([0n]);
  });

  test("are all left out when a fetch starts in the midst of several", async () => {
    const specs = [data(2n, 20n), data(1n, 21n), marker(1n, 22n, 0), marker(2n, 23n, 0)];
    const aborted = [
      [1n, 5n],
      [2n, 8n],
    ] as const;
    expect(await abortedOffsets(specs, aborted)).toEqual([20n, 21n]);
  });

  test("do not end at a message whose key looks like a marker", async () => {
    const lookalike = { ...data(1n, 0n), records: [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from("x") }] };
    expect(await abortedOffsets([lookalike, data(1n, 1n)], [[1n, 0n]])).toEqual([0n, 1n]);
  });
});

test("a fetch stops unpacking when its room is used up, and what it leaves is whole batches", async () => {
  const batch = (firstOffset: bigint) =>
    recordBatch({ firstOffset, baseTimestamp: 0n, records: [{ value: Buffer.alloc(90) }] }).bytes;
  const bytes = Buffer.concat([batch(0n), batch(1n), batch(2n)]);
  const room = { bytes: 150 };
  const read = async () => (await readRecordBatches(bytes, unpacked, room)).map(({ firstOffset }) => firstOffset);
  expect(await read()).toEqual([0n, 1n]);
  expect(await read()).toEqual([]);
});
