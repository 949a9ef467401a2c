/** Hashes with a fixed meaning: they decide samples and buckets, so a change is a change of format. */
import { createHash } from "node:crypto";
import type { Position } from "./record.ts";

export function sha256Hex(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** FNV-1a over UTF-16 code units, then murmur3's finaliser: 32 bits, spread evenly. */
export function hashText(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix32(hash);
}

/** 32-bit hash of a position: which records a sample keeps, which exemplar a group shows. */
export function hashPosition(position: Position, seed = 0): number {
  const offset = BigInt.asUintN(64, position.offset);
  return positionHasher(position, seed)(Number(offset & 0xffffffffn), Number(offset >> 32n));
}

/** The same for many positions of one partition, by the lower and the upper half of the offset. */
export function positionHasher(
  { log, partition }: Pick<Position, "log" | "partition">,
  seed = 0,
): (low: number, high: number) => number {
  const start = mix32(hashText(log, seed) ^ Math.imul(partition + 1, 0x9e3779b1));
  return (low, high) => mix32(mix32(start ^ low) ^ high);
}

function mix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** JSON text with sorted members, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
