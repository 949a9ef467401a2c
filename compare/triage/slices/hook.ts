/** What the judge tells triage of each pair: of one that agrees no more than a number to compare. */
import { hashText, positionHasher } from "../../../src/hash.ts";
import type { RangeId } from "../../../src/lake/keys.ts";
import { LIMITS } from "../../../src/limits.ts";
import { MARK_WORDS, MARKS_PER_ROW, type Pool } from "./pool.ts";
import type { SampledRows } from "./rows.ts";

/** Not that of a run's own sample: every record of that one would be in this one, too. */
const SEED = 0x51ce;

/**
 * One in so many agreeing pairs of a model is remembered. It follows from the rows that the run planned, so that it is
 * the same wherever a pair is judged: all of a small model, one in 100 of a large one, fewer each where models are many.
 */
export function matchEvery(planned: number, models = 1): number {
  const share = Math.floor(LIMITS.triageMatchesPerRun / Math.max(1, models));
  const wanted = Math.min(LIMITS.triageMatchesMost, Math.max(LIMITS.triageMatchesLeast, share));
  return Math.min(Math.max(Math.floor(planned / wanted), 1), LIMITS.triageMatchEvery);
}

/** A finding as triage remembers it: 32 bits for what it has in common with other models, and 32 for its group. */
interface Mark {
  readonly family: number;
  readonly group: number;
}

/** What the hook reads of a finding. */
export interface HookFinding {
  readonly key: { readonly path: string; readonly kind: string };
  readonly fingerprint: string;
}

/** Path and kind. */
export function familyCode(path: string, kind: string): number {
  return hashText(`${kind} ${path}`) || 1;
}

/** Of a fingerprint, whatever its scheme. */
export function groupCode(fingerprint: string): number {
  return hashText(fingerprint) || 1;
}

/** Serves one capture object. */
export class RowHook {
  readonly #rows: SampledRows;
  readonly #planned: Readonly<Record<string, number>>;
  readonly #models: number;
  readonly #hash: (low: number, high: number) => number;
  readonly #range: RangeId;
  #place: number | undefined;
  /** Lower and upper halves of the offsets of a row group, by turns. */
  #halves: Uint32Array = new Uint32Array(0);
  #first = 0;
  #model = "";
  /** Hashes below this are those of agreeing pairs to remember. */
  #below = 0;
  #matches: Pool | undefined;

  constructor(rows: SampledRows, range: RangeId, planned: Readonly<Record<string, number>>) {
    this.#rows = rows;
    this.#planned = planned;
    this.#models = Object.keys(planned).length;
    this.#hash = positionHasher(range, SEED);
    this.#range = range;
  }

  /** The row group whose first row is row `first` of the object. */
  rowGroup(offsets: BigInt64Array, first: number): void {
    this.#halves = new Uint32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length);
    this.#first = first;
  }

  model(name: string): void {
    if (name === this.#model) return;
    this.#model = name;
    const planned = Object.hasOwn(this.#planned, name) ? (this.#planned[name] as number) : 0;
    this.#below = 2 ** 32 / matchEvery(planned, this.#models);
    this.#matches = this.#rows.pool(name, "match");
  }

  /** Row `i` of the row group agrees. Makes nothing unless it is remembered. */
  match(i: number): void {
    const hash = this.#hash(this.#halves[2 * i] as number, this.#halves[2 * i + 1] as number);
    if (hash < this.#below) this.#remember(this.#matches as Pool, hash, i);
  }

  /** Row `i` of the row group differs. */
  mismatch(i: number, findings: readonly HookFinding[]): void {
    const hash = this.#hash(this.#halves[2 * i] as number, this.#halves[2 * i + 1] as number);
    const pool = this.#rows.pool(this.#model, "mismatch");
    if (!pool.takes(hash)) return;
    const marks = findings.map(
      ({ key, fingerprint }): Mark => ({ family: familyCode(key.path, key.kind), group: groupCode(fingerprint) }),
    );
    this.#remember(pool, hash, i, packed(marks, hash));
  }

  #remember(pool: Pool, hash: number, i: number, marks?: Uint32Array): void {
    if (!pool.takes(hash)) return;
    this.#place ??= this.#rows.place(this.#range);
    const [low, high] = [this.#halves[2 * i] as number, this.#halves[2 * i + 1] as number];
    pool.add(hash, this.#place, this.#first + i, low, high, marks);
    this.#rows.added(pool);
  }
}

/** Of many findings those whose code and position hash lowest together: over many rows each is as likely to be there. */
function packed(marks: readonly Mark[], hash: number): Uint32Array {
  const distinct = [...new Map(marks.map((mark) => [mark.group, mark])).values()];
  const order = (mark: Mark): number => Math.imul(mark.group ^ hash, 0x9e3779b1) >>> 0;
  const kept = distinct.sort((a, b) => order(a) - order(b) || a.group - b.group).slice(0, MARKS_PER_ROW);
  const words = new Uint32Array(MARK_WORDS);
  for (const [at, { family, group }] of kept.entries()) words.set([family, group], 2 * at);
  return words;
}
