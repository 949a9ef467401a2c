/** Gathers which rows are wanted of which object, has them read, and gives them out by row and by position. */
import { captureKey, parseCaptureKey } from "../../../src/lake/keys.ts";
import type { Run } from "../../../src/lake/run.ts";
import type { Logger } from "../../../src/log.ts";
import { parsePosition } from "../../../src/record.ts";
import type { ObjectInfo } from "../../../src/store/port.ts";
import { createTurn, takeFrom } from "../../../src/turn.ts";
import type { Look } from "../slices/plan.ts";
import type { PoolRow } from "../slices/pool.ts";
import type { SampledRows } from "../slices/rows.ts";
import type { Item } from "./item.ts";
import { type LookJob, type LookTools, lookShare, type TakenLook } from "./looks.ts";
import type { LookResult, LookTask, ShownRow } from "./read.ts";
import type { Commits } from "./variants.ts";

export interface DeskContext extends LookTools {
  readonly run: Run;
  readonly log: Logger;
  /** Of a target that says which of its variants answered. */
  readonly commits?: Commits | undefined;
  /** Other threads that take of the looks. */
  readonly helpers?: ((job: LookJob, signal: AbortSignal) => Promise<readonly TakenLook[]>[]) | undefined;
}

interface Wish {
  readonly rows: Map<number, boolean>;
  readonly shown: Set<number>;
  readonly offsets: Set<string>;
  /** Offset of a row. */
  readonly at: Map<number, bigint>;
}

export class Desk {
  readonly items = new Map<number, Item>();
  /** By position. */
  readonly shown = new Map<string, ShownRow>();
  readonly #context: DeskContext;
  readonly #rows: SampledRows;
  readonly #wishes = new Map<string, Wish>();
  readonly #codes = new Map<string, ReadonlyMap<number, Uint32Array>>();
  readonly #firsts: ReadonlyMap<string, readonly bigint[]>;

  constructor(context: DeskContext, rows: SampledRows) {
    this.#context = context;
    this.#rows = rows;
    this.#firsts = firstsOf(context.run);
  }

  /** The features of a row. */
  want({ row, differs }: Look): void {
    const wish = this.#wish(this.#keyOf(row));
    wish.rows.set(row.row, differs);
    wish.at.set(row.row, row.offset);
  }

  /** The input of a remembered row. */
  wantShown(row: PoolRow): void {
    const wish = this.#wish(this.#keyOf(row));
    wish.shown.add(row.row);
    wish.at.set(row.row, row.offset);
  }

  /** The input at a position of which no more is known. */
  wantPosition(position: string): void {
    const parsed = parsePosition(position);
    if (parsed === undefined) return;
    const { log, partition, offset } = parsed;
    const first = this.#firsts.get(`${log}/${partition}`)?.findLast((start) => start <= offset);
    if (first !== undefined) this.#wish(captureKey({ log, partition, first })).offsets.add(offset.toString());
  }

  positionOf(row: PoolRow): string {
    const { log, partition } = this.#rows.placeAt(row.place);
    return `${log}/${partition}/${row.offset}`;
  }

  readonly codesOf = ({ row }: Look): Uint32Array => this.#codes.get(this.#keyOf(row))?.get(row.row) ?? NO_CODES;

  /** What cannot be read is left out, and said. */
  async read(): Promise<void> {
    const { run, log, helpers, signal, commits } = this.#context;
    const tasks = run.objects.flatMap(({ key, bytes, etag }) => {
      const wish = this.#wishes.get(key);
      return wish === undefined ? [] : [taskOf({ key, size: bytes, etag }, wish, commits?.get(key))];
    });
    const turn = createTurn(tasks.map(({ rows, shown, offsets }) => rows.length + shown.length + offsets.length));
    const others = tasks.length > 1 ? (helpers?.({ tasks, turn }, signal) ?? []) : [];
    const looks = await Promise.all([lookShare(this.#context, tasks, takeFrom(turn)), ...others]);
    // In the order of the run, whoever took them.
    for (const { at, result, fault } of looks.flat().sort((a, b) => a.at - b.at)) {
      const task = tasks[at] as LookTask;
      const { key } = task.object;
      if (result !== undefined) this.#take(key, task, result);
      else log.warn("the inputs of an object cannot be read: what they tell is missing", { key, because: fault });
    }
  }

  #take(key: string, task: LookTask, { codes, shown, items }: LookResult): void {
    this.#codes.set(key, new Map(task.rows.map((row, at) => [row, codes[at] ?? NO_CODES])));
    const range = parseCaptureKey(key);
    for (const row of shown) this.shown.set(`${range?.log}/${range?.partition}/${row.offset}`, row);
    for (const [code, item] of items) if (!this.items.has(code)) this.items.set(code, item);
  }

  #keyOf({ place }: PoolRow): string {
    return captureKey(this.#rows.placeAt(place));
  }

  #wish(key: string): Wish {
    let wish = this.#wishes.get(key);
    if (wish === undefined) {
      wish = { rows: new Map(), shown: new Set(), offsets: new Set(), at: new Map() };
      this.#wishes.set(key, wish);
    }
    return wish;
  }
}

const NO_CODES = new Uint32Array(0);

/** First positions of the run's objects by log and partition, ascending. */
function firstsOf({ objects }: Run): Map<string, bigint[]> {
  const firsts = new Map<string, bigint[]>();
  for (const { key } of objects) {
    const range = parseCaptureKey(key);
    if (range === undefined) continue;
    const name = `${range.log}/${range.partition}`;
    const known = firsts.get(name);
    if (known === undefined) firsts.set(name, [range.first]);
    else known.push(range.first);
  }
  for (const known of firsts.values()) known.sort((a, b) => (a < b ? -1 : 1));
  return firsts;
}

function taskOf(
  object: LookTask["object"],
  { rows, shown, offsets, at }: Wish,
  commits: readonly ObjectInfo[] | undefined,
): LookTask {
  const sorted = [...rows].sort(([a], [b]) => a - b);
  return {
    object,
    rows: sorted.map(([row]) => row),
    differs: sorted.map(([, differs]) => differs),
    shown: [...shown].sort((a, b) => a - b),
    offsets: [...offsets],
    ...(commits === undefined ? {} : { answered: { commits, offsets: at } }),
  };
}
