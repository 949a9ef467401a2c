import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import lz4 from "lz4-napi";
import snappy from "snappy";
import { describe, expect, test } from "vitest";
import { decompress } from "../../../capture/kafka/codecs.ts";
import { unlz4 } from "../../../capture/kafka/lz4.ts";
import { unsnappy } from "../../../capture/kafka/snappy.ts";
import { LIMITS } from "../../../src/limits.ts";
import { xerial } from "../../support/packers.ts";

/** Random bytes, runs and repeats of parts: what makes literals, overlapping copies and long matches. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(255), fc.nat(3000)).map(([byte, length]) => Buffer.alloc(length, byte)),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.nat(900)).map(([part, times]) => {
        return Buffer.concat(Array.from({ length: times }, () => Buffer.from(part)));
      }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));
/** Larger than a block of any framing, so that blocks follow each other. */
const large = Buffer.concat(Array.from({ length: 90_000 }, (_, i) => Buffer.from(`{"n":${i},"x":"${i % 7}"}`)));

/** The packers are the reference implementations; `large` goes through each once. */
const PACKERS = {
  gzip: [1, (data: Buffer) => gzipSync(data)],
  "snappy, raw": [2, (data: Buffer) => snappy.compressSync(data)],
  "snappy, in snappy-java's frames": [2, (data: Buffer) => xerial(data)],
  "snappy, frames joined": [
    2,
    (data: Buffer) => Buffer.concat([xerial(data.subarray(0, 100)), xerial(data.subarray(100))]),
  ],
  lz4: [3, (data: Buffer) => lz4.compressFrameSync(data)],
  "lz4 with checksums": [
    3,
    (data: Buffer) => lz4.compressFrameSync(data, { contentChecksum: true, blockChecksums: true }),
  ],
  zstd: [4, (data: Buffer) => zstdCompressSync(data)],
} as const satisfies Record<string, readonly [number, (data: Buffer) => Buffer]>;

describe.each(Object.entries(PACKERS))("%s", (_name, [codec, pack]) => {
  test("unpacks to the bytes that were packed", async () => {
    await fc.assert(
      fc.asyncProperty(content, async (data) => {
        expect(Buffer.compare(asBuffer(await decompress(codec, pack(data))), data)).toBe(0);
      }),
      { numRuns: 60 },
    );
    expect(Buffer.compare(asBuffer(await decompress(codec, pack(large))), large)).toBe(0);
  });

  test("unpacks to no more than the limit, and says so", async () => {
    const bomb = pack(Buffer.alloc(LIMITS.recordBatchBytes + 1));
    await expect(decompress(codec, bomb)).rejects.toThrow(`it has more than ${LIMITS.recordBatchBytes} bytes`);
  });

  test("cut anywhere, it is refused or gives what came before, and never hangs or reads beyond", async () => {
    const data = Buffer.from("abcabcabcabc".repeat(40));
    const packed = pack(data);
    for (let cut = 1; cut < packed.length; cut++) {
      const got = await decompress(codec, packed.subarray(0, cut)).catch((error: Error) => error);
      if (!(got instanceof Error)) expect(data.subarray(0, got.length).equals(got)).toBe(true);
    }
  });
});

test("any change of a byte is refused or unpacks, and never fails in another way", () => {
  for (const [pack, unpack] of [
    [snappy.compressSync, unsnappy],
    [xerial, unsnappy],
    [(data: Buffer) => lz4.compressFrameSync(data), unlz4],
  ] as const) {
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(255), (data, at, byte) => {
        const packed = Buffer.from(pack(data));
        if (packed.length === 0) return;
        packed[at % packed.length] = byte;
        try {
          expect(unpack(packed, 1_000_000).length).toBeLessThanOrEqual(1_000_000);
        } catch (error) {
          expect((error as Error).message).toMatch(/snappy|LZ4|more than/);
        }
      }),
      { numRuns: 300 },
    );
  }
});

test("a length that a snappy block claims allocates nothing before it is checked", () => {
  const claims = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
  expect(() => unsnappy(claims, LIMITS.recordBatchBytes)).toThrow("it has more than");
});

test("an unknown codec is named", async () => {
  await expect(decompress(5, Buffer.alloc(4))).rejects.toThrow("codec 5 is not known");
});

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
