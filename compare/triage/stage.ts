/**
 * Second look at a run: reads the inputs of a few rows, once all is counted, and adds to the summary what they tell.
 * The reading is a list of tasks, one a capture object, with plain results; all else is pure.
 */
import { isCutoverError } from "../../src/errors.ts";
import { captureKey, parseCaptureKey } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Logger } from "../../src/log.ts";
import { parsePosition } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import type { Group, GroupExample, Summary } from "../summary.ts";
import { OBJECT_FAULTS } from "../unit.ts";
import { explain } from "./explain.ts";
import type { Item } from "./inputs/item.ts";
import { type LookResult, type LookTask, lookAt, type MaskOf, type ShownRow } from "./inputs/read.ts";
import { findSlices, isWhole, type SharedSlice } from "./slices/find.ts";
import { type Look, planSubjects, type Subject } from "./slices/plan.ts";
import type { PoolRow } from "./slices/pool.ts";
import type { ModelRows, SampledRows } from "./slices/rows.ts";
import { conditionOf, sliceSentence } from "./slices/words.ts";

export interface TriageContext {
  readonly store: Store;
  readonly run: Run;
  readonly maskOf: MaskOf;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The summary with slices, explanations, and the inputs of exemplars. What cannot be read is left out, and said. */
export async function triage(context: TriageContext, rows: SampledRows, summary: Summary): Promise<Summary> {
  const models = rows.models();
  const subjects = planSubjects(models);
  const shown = examplesToShow(summary.groups);
  const neighbours = neighbourLooks(shown, models, subjects);
  const desk = new Desk(context, rows);
  for (const look of [...subjects.flatMap(looksOf), ...neighbours]) desk.want(look);
  for (const { position } of shown) desk.wantShown(position);
  await desk.read();
  const looked = { subjects, codesOf: desk.codesOf, items: desk.items, models };
  const slices = findSlices(looked, summary);
  const nearest = nearestMatches(shown, desk, [...subjects.flatMap(({ matches }) => matches), ...neighbours]);
  const near = new Desk(context, rows);
  for (const look of nearest.values()) near.wantShown(near.positionOf(look));
  await near.read();
  const withInputs = (example: GroupExample): GroupExample => {
    const input = desk.shown.get(example.position)?.input;
    const match = nearest.get(example.position);
    const position = match && near.positionOf(match);
    const other = position === undefined ? undefined : near.shown.get(position);
    return {
      ...example,
      ...(input === undefined ? {} : { input }),
      ...(position && other ? { neighbour: { position, id: other.id, input: other.input } } : {}),
    };
  };
  const explanations = explain(summary, slices);
  return {
    ...summary,
    groups: summary.groups.map((group) => ({ ...withSlice(group, slices), examples: group.examples.map(withInputs) })),
    ...(explanations.length > 0 ? { explanations } : {}),
  };
}

function looksOf({ mismatches, matches }: Subject): Look[] {
  return [...mismatches, ...matches];
}

function withSlice(group: Group, slices: readonly SharedSlice[]): Group {
  const shared = slices.find(({ groups }) => groups.has(group));
  const sliced = shared?.groups.get(group);
  if (shared === undefined || sliced === undefined) return group;
  const slice = sliceSentence(conditionOf(shared.terms), sliced, isWhole(group, sliced.ofMismatches));
  return { ...group, slice, sliced };
}

interface ShownExample {
  readonly model: string;
  readonly position: string;
  /** The first of its group, which gets a neighbour. */
  readonly first: boolean;
}

/** Of the largest groups first. */
function examplesToShow(groups: readonly Group[]): ShownExample[] {
  return groups
    .flatMap(({ model, examples }) => examples.map(({ position }, at) => ({ model, position, first: at === 0 })))
    .slice(0, LIMITS.exemplarInputs);
}

/** Agreeing rows of a model of which none is looked at for a slice. */
const NEIGHBOURS = 32;

function neighbourLooks(
  shown: readonly ShownExample[],
  models: readonly ModelRows[],
  subjects: readonly Subject[],
): Look[] {
  const covered = new Set(subjects.map(({ model }) => model));
  const named = new Set(shown.map(({ model }) => model));
  return models
    .filter(({ model }) => named.has(model) && !covered.has(model))
    .flatMap(({ model, matches }) => matches.slice(0, NEIGHBOURS).map((row): Look => ({ model, row, differs: false })));
}

/** By position of an exemplar the agreeing row of its model that has most in common with it, and little else. */
function nearestMatches(shown: readonly ShownExample[], desk: Desk, matches: readonly Look[]): Map<string, Look> {
  const byModel = new Map<string, Look[]>();
  for (const look of matches) byModel.set(look.model, [...(byModel.get(look.model) ?? []), look]);
  const nearest = new Map<string, Look>();
  for (const { model, position, first } of shown) {
    const own = desk.shown.get(position);
    if (!first || own === undefined) continue;
    const codes = new Set(own.codes);
    let best = 0;
    for (const look of byModel.get(model) ?? []) {
      const others = desk.codesOf(look);
      const common = others.reduce((sum, code) => sum + (codes.has(code) ? 1 : 0), 0);
      const likeness = common / Math.max(1, codes.size + others.length - common);
      if (likeness <= best) continue;
      best = likeness;
      nearest.set(position, look);
    }
  }
  return nearest;
}

interface Wish {
  readonly rows: Map<number, boolean>;
  readonly offsets: Set<string>;
}

/** Gathers what is wanted by object, has it read, and gives it out by row and by position. */
class Desk {
  readonly items = new Map<number, Item>();
  readonly shown = new Map<string, ShownRow>();
  readonly #context: TriageContext;
  readonly #rows: SampledRows;
  readonly #wishes = new Map<string, Wish>();
  readonly #codes = new Map<string, Map<number, Uint32Array>>();
  readonly #firsts: ReadonlyMap<string, readonly bigint[]>;

  constructor(context: TriageContext, rows: SampledRows) {
    this.#context = context;
    this.#rows = rows;
    const firsts = new Map<string, bigint[]>();
    for (const { key } of context.run.objects) {
      const range = parseCaptureKey(key);
      if (range === undefined) continue;
      const name = `${range.log}/${range.partition}`;
      firsts.set(
        name,
        [...(firsts.get(name) ?? []), range.first].sort((a, b) => (a < b ? -1 : 1)),
      );
    }
    this.#firsts = firsts;
  }

  want({ row, differs }: Look): void {
    this.#wish(this.#keyOf(row)).rows.set(row.row, differs);
  }

  wantShown(position: string): void {
    const parsed = parsePosition(position);
    if (parsed === undefined) return;
    const { log, partition, offset } = parsed;
    const first = this.#firsts.get(`${log}/${partition}`)?.findLast((start) => start <= offset);
    if (first !== undefined) this.#wish(captureKey({ log, partition, first })).offsets.add(offset.toString());
  }

  positionOf({ row }: Look): string {
    const { log, partition } = this.#rows.placeAt(row.place);
    return `${log}/${partition}/${row.offset}`;
  }

  readonly codesOf = ({ row }: Look): Uint32Array => this.#codes.get(this.#keyOf(row))?.get(row.row) ?? NO_CODES;

  /** One object after the other, in the order of the run: results do not depend on who reads them. */
  async read(): Promise<void> {
    const { store, run, maskOf, signal, log } = this.#context;
    for (const { key, bytes, etag } of run.objects) {
      const wish = this.#wishes.get(key);
      if (wish === undefined) continue;
      signal.throwIfAborted();
      const task = taskOf({ key, size: bytes, etag }, wish);
      try {
        this.#take(key, task, await lookAt(store, task, maskOf, signal));
      } catch (error) {
        if (!isCutoverError(error, ...OBJECT_FAULTS)) throw error;
        log.warn("the inputs of an object cannot be read: what they tell is missing", { key, because: error.message });
      }
    }
  }

  #take(key: string, task: LookTask, { codes, shown, items }: LookResult): void {
    this.#codes.set(key, new Map(task.rows.map((row, at) => [row, codes[at] ?? NO_CODES])));
    const range = parseCaptureKey(key);
    for (const row of shown) this.shown.set(`${range?.log}/${range?.partition}/${row.offset}`, row);
    for (const [code, item] of items) if (!this.items.has(code)) this.items.set(code, item);
  }

  #keyOf(row: PoolRow): string {
    return captureKey(this.#rows.placeAt(row.place));
  }

  #wish(key: string): Wish {
    let wish = this.#wishes.get(key);
    if (wish === undefined) {
      wish = { rows: new Map(), offsets: new Set() };
      this.#wishes.set(key, wish);
    }
    return wish;
  }
}

const NO_CODES = new Uint32Array(0);

function taskOf(object: LookTask["object"], { rows, offsets }: Wish): LookTask {
  const sorted = [...rows].sort(([a], [b]) => a - b);
  return {
    object,
    rows: sorted.map(([row]) => row),
    differs: sorted.map(([, differs]) => differs),
    offsets: [...offsets].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
  };
}
