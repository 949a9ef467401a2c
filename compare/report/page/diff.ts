/** Two values set against each other: what they share, and what only one has. Pure, with bounded work. */
import { commonPrefix, commonSuffix, displayWidth } from "../text.ts";
import type { DiffPart } from "./document.ts";

/** Columns up to which both sides stand in one line each, letter above letter. */
const ALIGNED_COLUMNS = 104;
/** Pairs of tokens looked at; beyond it, all between the common ends counts as different. */
const TRIALS_MAX = 4_096;
/** Shared text longer than this is shown by its ends. */
const SAME_SHOWN = 60;
const SAME_END = 22;
/** Words from this length on are compared letter by letter, as numbers are: ids, digests, base64. */
const LONG_WORD = 12;

/** Numbers, words, runs of space, and everything else one character at a time. */
const TOKEN = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[\p{L}\p{M}\p{N}_]+|\s+|./gsu;
const NUMBER = /^-?\d\S*$/;
const WORD = /^\S+$/;

export interface Diff {
  readonly parts: readonly DiffPart[];
  readonly aligned: boolean;
}

/** Both texts already made visible. */
export function diff(legacy: string, candidate: string): Diff {
  const parts = merged(pieces(legacy.match(TOKEN) ?? [], candidate.match(TOKEN) ?? [])).map(
    ([same, left, right], i, all): DiffPart => {
      const gap = displayWidth(right) - displayWidth(left);
      return [shortened(same, i === 0, i === all.length - 1 && left === "" && right === ""), left, right, gap];
    },
  );
  const columns = parts.reduce(
    (sum, [same, left, right]) => sum + displayWidth(same) + Math.max(displayWidth(left), displayWidth(right)),
    0,
  );
  return { parts, aligned: columns <= ALIGNED_COLUMNS };
}

type Piece = readonly [same: string, left: string, right: string];

function pieces(left: readonly string[], right: readonly string[]): Piece[] {
  const most = Math.min(left.length, right.length);
  let start = 0;
  while (start < most && left[start] === right[start]) start++;
  let end = 0;
  while (end < most - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const middle = between(left.slice(start, left.length - end), right.slice(start, right.length - end));
  return [[left.slice(0, start).join(""), "", ""], ...middle, [left.slice(left.length - end).join(""), "", ""]];
}

function between(left: readonly string[], right: readonly string[]): Piece[] {
  if (left.length === 0 || right.length === 0 || left.length * right.length > TRIALS_MAX) {
    return [["", left.join(""), right.join("")]];
  }
  const common = lengths(left, right);
  const at = (i: number, j: number): number => common[i * (right.length + 1) + j] ?? 0;
  const found: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      found.push([left[i] as string, "", ""]);
      i++;
      j++;
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) {
      found.push(["", left[i++] as string, ""]);
    } else {
      found.push(["", "", right[j++] as string]);
    }
  }
  return found;
}

/** Weight of the heaviest common subsequence of the tails that begin at (i, j). */
function lengths(left: readonly string[], right: readonly string[]): Uint16Array {
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const below = Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
      const match = left[i] === right[j] ? (common[(i + 1) * width + j + 1] ?? 0) + weight(left[i] as string) : 0;
      common[i * width + j] = Math.max(below, match);
    }
  }
  return common;
}

/** Words and numbers that stay are worth more than the commas between them. */
function weight(token: string): number {
  return /[\p{L}\p{N}]/u.test(token) ? 4 : 1;
}

/** Neighbours joined; a number or long word that changed into another is told apart from its first differing letter on. */
function merged(found: readonly Piece[]): Piece[] {
  const runs: [string, string, string][] = [];
  for (const [same, left, right] of found) {
    const last = runs.at(-1);
    const after = last !== undefined && (last[1] !== "" || last[2] !== "");
    if (last === undefined || (after && same.trim() !== "")) runs.push([same, left, right]);
    else if (after) {
      // Space between two changed words is part of the change: a line of single words is hard to read.
      last[1] += same + left;
      last[2] += same + right;
    } else {
      last[0] += same;
      last[1] += left;
      last[2] += right;
    }
  }
  const refined = runs.flatMap(([same, left, right]): [string, string, string][] => {
    const numbers = NUMBER.test(left) && NUMBER.test(right);
    const long = Math.min(left.length, right.length) >= LONG_WORD && WORD.test(left) && WORD.test(right);
    if (!numbers && !long) return [[same, left, right]];
    const prefix = commonPrefix(left, right);
    const suffix = numbers ? 0 : commonSuffix(left, right, prefix);
    const tail = left.slice(left.length - suffix);
    const head: [string, string, string] = [
      same + left.slice(0, prefix),
      left.slice(prefix, left.length - suffix),
      right.slice(prefix, right.length - suffix),
    ];
    return tail === "" ? [head] : [head, [tail, "", ""]];
  });
  return joined(refined).filter((piece) => piece.some((text) => text !== ""));
}

/** Shared text that stands alone goes before what follows it. */
function joined(runs: readonly [string, string, string][]): Piece[] {
  const result: [string, string, string][] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if (last && last[1] === "" && last[2] === "") {
      last[0] += run[0];
      last[1] = run[1];
      last[2] = run[2];
    } else result.push([...run]);
  }
  return result;
}

/** Long shared text by its ends; at the edge of the value only the end next to the difference. */
function shortened(same: string, first: boolean, last: boolean): string {
  if (same.length <= SAME_SHOWN) return same;
  const head = first ? same.slice(0, 1) : same.slice(0, SAME_END);
  const tail = last ? same.slice(-1) : same.slice(-SAME_END);
  return `${head.toWellFormed()}…${tail.toWellFormed()}`;
}
