/** A config as it was written, before a schema has looked at it. */
import type { Fault } from "./faults.ts";

export type RawMap = Readonly<Record<string, unknown>>;
export type Check = (config: RawMap) => Fault[];

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);
}

export function isMap(value: unknown): value is RawMap {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Members of a map that are maps themselves. */
export function entries(value: unknown): [string, RawMap][] {
  if (!isMap(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, RawMap] => isMap(entry[1]));
}
