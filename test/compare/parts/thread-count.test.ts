import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { threadsFor, threadsWithin } from "../../../compare/parts/thread-count.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { LogFields } from "../../../src/log.ts";

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
const objects = (sizes: readonly number[]) => sizes.map((bytes) => ({ bytes }));
const LARGE = Array.from({ length: 100 }, () => LIMITS.compareInlineBytes);

function counted(sizes: readonly number[], asked: number | undefined, memoryBytes: number) {
  const warned: LogFields[] = [];
  const onWarning = (_: string, fields: LogFields): void => void warned.push(fields);
  return { threads: threadsFor(objects(sizes), { asked, memoryBytes, onWarning }), warned };
}

describe("the number of threads", () => {
  test.each([
    { sizes: [], asked: undefined, threads: 1 },
    { sizes: [1, 1], asked: undefined, threads: 1 },
    { sizes: [LIMITS.compareInlineBytes], asked: undefined, threads: 1 },
    { sizes: LARGE, asked: undefined, threads: Math.min(availableParallelism(), LIMITS.compareThreads) },
    { sizes: [1, 1], asked: 2, threads: 2 },
    { sizes: [1, 1], asked: 7, threads: 2 },
    { sizes: [1, 1, 1], asked: 1, threads: 1 },
    { sizes: LARGE, asked: 16, threads: 16 },
  ])("where there is memory: $sizes.length objects, asked for $asked, are $threads", ({ sizes, asked, threads }) => {
    expect(counted(sizes, asked, 64 * GIB)).toEqual({ threads, warned: [] });
  });

  test("asked for more than memory has room for is cut, and said with both numbers", () => {
    const { threads, warned } = counted(LARGE, 16, 2 * GIB);
    expect(threads).toBe(8);
    expect(warned).toMatchObject([{ threads: 8, asked: 16, memoryMib: 2048, mibPerThread: 160 }]);
    expect(warned[0]?.hint).toContain("memory");
    // Not where the objects are too few for so many.
    expect(counted([1, 1], 16, 2 * GIB)).toEqual({ threads: 2, warned: [] });
  });

  test("that nobody asked for is cut without a word", () => {
    expect(counted(LARGE, undefined, 512 * MIB)).toEqual({ threads: 1, warned: [] });
  });

  test.each([
    [0, 1],
    [256 * MIB, 1],
    [512 * MIB, 1],
    [768 * MIB, 2],
    [GIB, 4],
    [2 * GIB, 8],
  ])("%i bytes hold what %i threads may take, and a share for all else", (bytes, threads) => {
    expect(threadsWithin(bytes)).toBe(threads);
    const taken = (count: number): number => LIMITS.compareProcessBytes + (count - 1) * LIMITS.compareThreadBytes;
    const room = bytes * (1 - LIMITS.compareMemorySpare);
    if (threads > 1) expect(taken(threads)).toBeLessThanOrEqual(room);
    expect(taken(threads + 1)).toBeGreaterThan(room);
  });

  test("of this machine is some number, whether or not a container limits it", () => {
    expect(threadsWithin()).toBeGreaterThanOrEqual(1);
    expect(Number.isFinite(threadsWithin())).toBe(true);
  });
});
