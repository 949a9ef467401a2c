/** Two documents side by side, by path: what differs, a little of what does not, and how much of it there is. */

import type { JsonArray, JsonDocument, JsonNode, JsonObject } from "../json/node.ts";
import { textOf } from "../json/node.ts";
import { formatPath } from "../json/path.ts";
import { judgeExact } from "../rules/exact.ts";

/** Closed set. `same`: written otherwise, and the same value. */
export type DiffMark = "equal" | "same" | "changed" | "removed" | "added" | "skipped";

export interface DiffRow {
  readonly mark: DiffMark;
  /** Concrete path, of an added element its place in the candidate; of skipped rows that of the first. */
  readonly path: string;
  /** Names and indexes of the path. */
  readonly keys: readonly (string | number)[];
  /** JSON text as written; null when absent or skipped. */
  readonly legacy: string | null;
  readonly candidate: string | null;
  /** Equal values that the row stands for. */
  readonly skipped?: number;
}

export interface JsonDiff {
  readonly rows: readonly DiffRow[];
  /** Rows that differ beyond the limit. */
  readonly cut: number;
}

/** Elements of two lists up to which those that are alike are found by the longest common subsequence. */
const ALIGNED_ELEMENTS = 400;

export function diffJson(legacy: JsonDocument, candidate: JsonDocument, maxRows: number): JsonDiff {
  const differ = new Differ(legacy, candidate, maxRows);
  differ.values(legacy.root, candidate.root);
  return differ.result();
}

class Differ {
  readonly #legacy: JsonDocument;
  readonly #candidate: JsonDocument;
  readonly #maxRows: number;
  readonly #keys: (string | number)[] = [];
  readonly #rows: DiffRow[] = [];
  #differing = 0;
  /** Equal values since the last that differs: the first, the last, and how many. */
  #first: DiffRow | null = null;
  #last: DiffRow | null = null;
  #equal = 0;

  constructor(legacy: JsonDocument, candidate: JsonDocument, maxRows: number) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#maxRows = maxRows;
  }

  values(legacy: JsonNode, candidate: JsonNode): void {
    const [old, now] = [textOf(this.#legacy, legacy), textOf(this.#candidate, candidate)];
    if (old === now) this.#equals(old);
    else if (legacy.kind === "object" && candidate.kind === "object") this.#members(legacy, candidate);
    else if (legacy.kind === "array" && candidate.kind === "array") this.#elements(legacy, candidate);
    else this.#differs(judgeExact(legacy, candidate) === null ? "same" : "changed", old, now);
  }

  result(): JsonDiff {
    this.#flush(true);
    return { rows: this.#rows, cut: Math.max(0, this.#differing - this.#maxRows) };
  }

  #members(legacy: JsonObject, candidate: JsonObject): void {
    for (const [name, value] of legacy.members) {
      const other = candidate.members.get(name);
      this.#at(name, () => {
        if (other) this.values(value, other);
        else this.#differs("removed", textOf(this.#legacy, value), null);
      });
    }
    for (const [name, value] of candidate.members) {
      if (!legacy.members.has(name)) this.#at(name, () => this.#differs("added", null, textOf(this.#candidate, value)));
    }
  }

  #elements(legacy: JsonArray, candidate: JsonArray): void {
    const old = legacy.items.map((item) => textOf(this.#legacy, item));
    const now = candidate.items.map((item) => textOf(this.#candidate, item));
    for (const [i, j] of align(old, now)) {
      this.#at(i ?? j ?? 0, () => {
        const [one, other] = [legacy.items[i ?? -1], candidate.items[j ?? -1]];
        if (one && other) this.values(one, other);
        else if (one) this.#differs("removed", old[i ?? 0] ?? null, null);
        else this.#differs("added", null, now[j ?? 0] ?? null);
      });
    }
  }

  #at(key: string | number, use: () => void): void {
    this.#keys.push(key);
    use();
    this.#keys.pop();
  }

  #equals(text: string): void {
    const row: DiffRow = { mark: "equal", ...this.#place(), legacy: text, candidate: text };
    this.#first ??= row;
    this.#last = row;
    this.#equal++;
  }

  #differs(mark: DiffMark, legacy: string | null, candidate: string | null): void {
    if (++this.#differing > this.#maxRows) return;
    this.#flush(false);
    this.#rows.push({ mark, ...this.#place(), legacy, candidate });
  }

  /** One equal value beside each that differs; the others are counted. */
  #flush(isEnd: boolean): void {
    const [first, last, equal] = [this.#first, this.#last, this.#equal];
    this.#first = null;
    this.#last = null;
    this.#equal = 0;
    if (first === null || last === null) return;
    const isStart = this.#rows.length === 0;
    const kept = [...(isStart && !isEnd ? [] : [first]), ...(isEnd || (equal === 1 && !isStart) ? [] : [last])];
    const skipped = equal - kept.length;
    const hidden: DiffRow = { ...first, mark: "skipped", legacy: null, candidate: null, skipped };
    if (skipped === 0) this.#rows.push(...kept);
    else if (isStart && !isEnd) this.#rows.push(hidden, ...kept);
    else this.#rows.push(...kept.slice(0, 1), hidden, ...kept.slice(1));
  }

  #place(): { path: string; keys: readonly (string | number)[] } {
    return { path: formatPath(this.#keys), keys: [...this.#keys] };
  }
}

/**
 * Indexes of both sides, element by element, null where one side has none. Lists of one length stand index by index, as
 * rules read them; of others the elements that are alike stay together.
 */
export function align(
  legacy: readonly string[],
  candidate: readonly string[],
): readonly (readonly [number | null, number | null])[] {
  const most = Math.max(legacy.length, candidate.length);
  if (legacy.length === candidate.length || most > ALIGNED_ELEMENTS) {
    return Array.from({ length: most }, (_, i) => [i < legacy.length ? i : null, i < candidate.length ? i : null]);
  }
  const pairs: (readonly [number | null, number | null])[] = [];
  let [i, j] = [0, 0];
  const upTo = (endI: number, endJ: number): void => {
    while (i < endI && j < endJ) pairs.push([i++, j++]);
    while (i < endI) pairs.push([i++, null]);
    while (j < endJ) pairs.push([null, j++]);
  };
  for (const [a, b] of longestCommon(legacy, candidate)) {
    upTo(a, b);
    pairs.push([i++, j++]);
  }
  upTo(legacy.length, candidate.length);
  return pairs;
}

/** Index pairs of a longest common subsequence, ascending. Takes time and memory of the product of both lengths. */
export function longestCommon(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      lengths[here] =
        a[i] === b[j]
          ? (lengths[here + width + 1] ?? 0) + 1
          : Math.max(lengths[here + width] ?? 0, lengths[here + 1] ?? 0);
    }
  }
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const here = i * width + j;
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if ((lengths[here + width] ?? 0) >= (lengths[here + 1] ?? 0)) i++;
    else j++;
  }
  return pairs;
}
