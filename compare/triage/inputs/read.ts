/** Reads the inputs that triage looks at in one capture object: a task by itself, plain data in and out. */
import { openCapture } from "../../../src/lake/captures.ts";
import { LIMITS } from "../../../src/limits.ts";
import { picksOf } from "../../../src/parquet/picks.ts";
import type { ColumnValues, ObjectReader } from "../../../src/parquet/types.ts";
import { Vectors } from "../../../src/parquet/vectors.ts";
import type { ObjectInfo, Store } from "../../../src/store/port.ts";
import { featuresOf, type Hides } from "./features.ts";
import type { Item } from "./item.ts";
import { type InputMask, shownInput } from "./shown.ts";
import { type AnsweredRows, variantsOf } from "./variants.ts";

export interface LookTask {
  /** The capture object. */
  readonly object: ObjectInfo;
  /** Rows whose features are wanted, ascending, each with whether it differs. */
  readonly rows: readonly number[];
  readonly differs: readonly boolean[];
  /** Rows whose inputs are to be shown, with their features; and positions of which the rows are not known. */
  readonly shown: readonly number[];
  readonly offsets: readonly string[];
  /** Where the target says which variant answered. */
  readonly answered?: AnsweredRows | undefined;
}

export interface LookResult {
  /** Codes of the items of each row, in the order of the task. */
  readonly codes: readonly Uint32Array[];
  readonly shown: readonly ShownRow[];
  /** Items by code: all but the values that no one place has often. */
  readonly items: readonly (readonly [code: number, item: Item])[];
}

export interface ShownRow {
  readonly offset: string;
  readonly id: string;
  readonly input: string;
  readonly codes: Uint32Array;
}

export type MaskOf = (model: string) => InputMask;

const LOOKED_AT = ["model", "modelVersion", "capturedAt", "input", "inputType", "attributes"] as const;
const SHOWN = ["id", "offset"] as const;

export async function lookAt(store: Store, task: LookTask, maskOf: MaskOf, signal: AbortSignal): Promise<LookResult> {
  const variants = await variantsOf(store, task.answered, signal);
  const { reader } = await openCapture(store, task.object, signal, LIMITS.parquetFooterBytes);
  return look(reader, task, maskOf, variants).finally(reader.close);
}

async function look(
  reader: ObjectReader,
  task: LookTask,
  maskOf: MaskOf,
  variants: ReadonlyMap<number, string>,
): Promise<LookResult> {
  const wanted = new Map(task.rows.map((row, at) => [row, at]));
  const toShow = new Set([...task.shown, ...(await rowsOfOffsets(reader, task.offsets))]);
  const rows = [...new Set([...wanted.keys(), ...toShow])].sort((a, b) => a - b);
  const codes: Uint32Array[] = task.rows.map(() => new Uint32Array(0));
  const shown: ShownRow[] = [];
  const dictionary = new Dictionary();
  const columns = toShow.size > 0 ? [...LOOKED_AT, ...SHOWN] : LOOKED_AT;
  for await (const { rows: some, values } of picksOf(reader, rows, columns)) {
    for (const [i, row] of some.entries()) {
      const model = String(values.model?.[i]);
      const mask = maskOf(model);
      const at = wanted.get(row);
      const found = dictionary.codesOf(
        model,
        { ...requestAt(values, i), variant: variants.get(row) },
        mask.hides,
        at !== undefined && task.differs[at] === true,
      );
      if (at !== undefined) codes[at] = found;
      if (!toShow.has(row)) continue;
      const input = shownInput(values.input?.[i] as Uint8Array, String(values.inputType?.[i]), mask);
      shown.push({ offset: String(values.offset?.[i]), id: String(values.id?.[i]), input, codes: found });
    }
  }
  return { codes, shown, items: dictionary.items() };
}

/** Rows of the object at positions. */
async function rowsOfOffsets(reader: ObjectReader, offsets: readonly string[]): Promise<number[]> {
  if (offsets.length === 0) return [];
  const wanted = new Set(offsets.map(BigInt));
  const found: number[] = [];
  const columns = new Vectors();
  let start = 0;
  for (const [group, { rows }] of reader.rowGroups.entries()) {
    await reader.scan(group, ["offset"], columns);
    const { values } = columns.int64s("offset");
    for (let i = 0; i < rows; i++) if (wanted.has(values[i] as bigint)) found.push(start + i);
    start += rows;
  }
  return found;
}

function requestAt(values: Readonly<Record<string, ColumnValues>>, i: number) {
  return {
    input: values.input?.[i] as Uint8Array,
    inputType: values.inputType?.[i] as string,
    modelVersion: (values.modelVersion?.[i] ?? null) as string | null,
    attributes: (values.attributes?.[i] ?? null) as string | null,
    capturedAt: values.capturedAt?.[i] as number,
  };
}

/** Distinct items other than values that one object adds: a map with ids for names makes new places without end. */
const PLAIN_ITEMS = 20_000;

/**
 * Codes are hashes, so that objects agree on them. A value is named when it is among the most frequent of its place in
 * some object: one that a third of all mismatches have is so in at least one.
 */
class Dictionary {
  readonly #plain = new Map<number, Item>();
  /** Model and place → value → differing rows. */
  readonly #values = new Map<string, Map<string, { readonly item: Item; count: number }>>();

  codesOf(model: string, request: Parameters<typeof featuresOf>[0], hides: Hides, differs: boolean): Uint32Array {
    return Uint32Array.from(featuresOf(request, hides), (item) => {
      const { code } = item;
      if (item.trait === "value") {
        if (differs) this.#count(`${model} ${item.place}`, item);
      } else if (this.#plain.size < PLAIN_ITEMS) {
        this.#plain.set(code, item);
      }
      return code;
    });
  }

  items(): [number, Item][] {
    const frequent = [...this.#values.values()].flatMap((counts) =>
      [...counts.values()]
        .sort((a, b) => b.count - a.count || (a.item.value < b.item.value ? -1 : 1))
        .slice(0, LIMITS.triageValues)
        .map(({ item }): [number, Item] => [item.code, item]),
    );
    return [...this.#plain, ...frequent];
  }

  #count(name: string, item: Item): void {
    const counts = this.#values.get(name) ?? new Map<string, { item: Item; count: number }>();
    this.#values.set(name, counts);
    const known = counts.get(item.value);
    if (known === undefined) counts.set(item.value, { item, count: 1 });
    else known.count++;
  }
}
