/** Two texts or two runs of bytes side by side: lines, words inside a line that changed, bytes as hex. */
import { commonPrefix, commonSuffix } from "../report/text.ts";
import { align, longestCommon } from "./json-diff.ts";

export interface Segment {
  readonly kind: "same" | "old" | "new";
  readonly text: string;
}

/** Words of a text up to which those that are alike are found; longer texts differ from where they part to where they meet. */
const ALIGNED_WORDS = 400;

/** Both texts as one: what they share, what only legacy has, what only the candidate has. */
export function diffWords(legacy: string, candidate: string): Segment[] {
  const prefix = wordStart(legacy, candidate, commonPrefix(legacy, candidate));
  const suffix = wordEnd(legacy, commonSuffix(legacy, candidate, prefix));
  const [old, now] = [legacy.slice(prefix, legacy.length - suffix), candidate.slice(prefix, candidate.length - suffix)];
  const middle = diffMiddle(wordsOf(old), wordsOf(now));
  const ends = (text: string): Segment[] => (text === "" ? [] : [{ kind: "same", text }]);
  return joined([...ends(legacy.slice(0, prefix)), ...middle, ...ends(legacy.slice(legacy.length - suffix))]);
}

/** Back to where the word begins in which they part: half a word tells nothing, and `0.8123` and `0.79` are two words. */
function wordStart(legacy: string, candidate: string, prefix: number): number {
  let at = prefix;
  const inWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text[at] ?? "");
  if (!inWord(legacy) && !inWord(candidate)) return prefix;
  while (at > 0 && prefix - at < 24 && /[\p{L}\p{N}]/u.test(legacy[at - 1] ?? "")) at--;
  return at;
}

/** The same from the other end. */
function wordEnd(legacy: string, suffix: number): number {
  let length = suffix;
  while (length > 0 && suffix - length < 24 && /[\p{L}\p{N}]/u.test(legacy[legacy.length - length] ?? "")) length--;
  return length;
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+|\s+|[^\p{L}\p{M}\p{N}\s]/gu) ?? [];
}

function diffMiddle(old: readonly string[], now: readonly string[]): Segment[] {
  const found: Segment[] = [];
  let [i, j] = [0, 0];
  const upTo = (endI: number, endJ: number): void => {
    if (i < endI) found.push({ kind: "old", text: old.slice(i, endI).join("") });
    if (j < endJ) found.push({ kind: "new", text: now.slice(j, endJ).join("") });
  };
  const alike = Math.max(old.length, now.length) > ALIGNED_WORDS ? [] : longestCommon(old, now);
  for (const [a, b] of alike) {
    upTo(a, b);
    found.push({ kind: "same", text: old[a] ?? "" });
    [i, j] = [a + 1, b + 1];
  }
  upTo(old.length, now.length);
  return found;
}

function joined(segments: readonly Segment[]): Segment[] {
  const found: Segment[] = [];
  for (const segment of segments) {
    const last = found.at(-1);
    if (last?.kind === segment.kind) found[found.length - 1] = { ...segment, text: last.text + segment.text };
    else found.push(segment);
  }
  return found;
}

export interface LineRow {
  readonly mark: "changed" | "removed" | "added" | "skipped";
  /** 1-based line of each side. */
  readonly legacyLine: number | null;
  readonly candidateLine: number | null;
  readonly legacy: string | null;
  readonly candidate: string | null;
  readonly skipped?: number;
}

/** Lines that differ; runs of equal ones are counted. */
export function diffLines(
  legacy: string,
  candidate: string,
  maxRows: number,
): { readonly rows: readonly LineRow[]; readonly cut: number } {
  const [old, now] = [legacy.split("\n"), candidate.split("\n")];
  const rows: LineRow[] = [];
  let [skipped, differing] = [0, 0];
  const flush = (): void => {
    const none = { legacyLine: null, candidateLine: null, legacy: null, candidate: null };
    if (skipped > 0) rows.push({ mark: "skipped", ...none, skipped });
    skipped = 0;
  };
  for (const [i, j] of align(old, now)) {
    const [one, other] = [i === null ? null : (old[i] ?? null), j === null ? null : (now[j] ?? null)];
    if (one === other) {
      skipped++;
      continue;
    }
    if (++differing > maxRows) continue;
    flush();
    const mark = one === null ? "added" : other === null ? "removed" : "changed";
    const line = (at: number | null): number | null => (at === null ? null : at + 1);
    rows.push({ mark, legacyLine: line(i), candidateLine: line(j), legacy: one, candidate: other });
  }
  flush();
  return { rows, cut: Math.max(0, differing - maxRows) };
}

export interface HexRow {
  /** Of the first byte. */
  readonly offset: number;
  /** Hex of up to 16 bytes; "" beyond the end. */
  readonly legacy: string;
  readonly candidate: string;
}

const HEX_BYTES = 16;

/** Rows of 16 bytes that differ. */
export function diffHex(
  legacy: Uint8Array,
  candidate: Uint8Array,
  maxRows: number,
): { readonly rows: readonly HexRow[]; readonly cut: number } {
  const rows: HexRow[] = [];
  let differing = 0;
  for (let offset = 0; offset < Math.max(legacy.length, candidate.length); offset += HEX_BYTES) {
    const [old, now] = [legacy.subarray(offset, offset + HEX_BYTES), candidate.subarray(offset, offset + HEX_BYTES)];
    if (Buffer.compare(old, now) === 0) continue;
    if (++differing <= maxRows) rows.push({ offset, legacy: hex(old), candidate: hex(now) });
  }
  return { rows, cut: Math.max(0, differing - maxRows) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("hex")
    .replace(/(..)(?!$)/g, "$1 ");
}
