/** Opens objects of our own datasets, checked. */
import type { FileMetaData } from "hyparquet";
import { CutoverError, isCutoverError, messageOf } from "../errors.ts";
import { FOOTER_KEY } from "../lake/footer.ts";
import { LIMITS } from "../limits.ts";
import { type ColumnSpec, SCHEMA_VERSION, type TableSpec } from "../record.ts";
import type { ObjectInfo, Store } from "../store/port.ts";
import { mayHold } from "./bloom-look.ts";
import { boundsOf } from "./bounds.ts";
import { decodeColumns, type RowRange, readFooter } from "./decode.ts";
import { pickRows } from "./pick.ts";
import { scanColumns } from "./scan.ts";
import { columnsOf, storedType } from "./schema.ts";
import { openSource, type Source } from "./source.ts";
import type { ObjectMeta, ObjectReader } from "./types.ts";
import { Vectors } from "./vectors.ts";

export interface OpenOptions {
  /** Ends every read of this object. */
  readonly signal?: AbortSignal;
  /** As a listing gave it; saves the request that asks for the size. */
  readonly info?: ObjectInfo;
  /** Read at once from the object's end, with the footer; by default so much that a small object comes whole. */
  readonly tailBytes?: number;
}

/**
 * Opens an object of `table`: reads its footer, and nothing else until `read`. PARQUET_CORRUPT when it is
 * no whole Parquet file, PARQUET_FOREIGN when it is not of this dataset, SCHEMA_VERSION when of another version.
 */
export async function openObject(
  store: Store,
  key: string,
  table: TableSpec,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const file = await openFile(store, key, options.tailBytes ?? LIMITS.parquetTailBytes, options);
  return readerOf(file, checkMeta(file, table), checkColumns(file, table), options.signal);
}

/** The footer alone, checked as `openObject` does, by the smallest read. */
export async function readMeta(
  store: Store,
  key: string,
  table: TableSpec,
  options: OpenOptions = {},
): Promise<ObjectMeta> {
  const file = await openFile(store, key, LIMITS.parquetFooterBytes, options);
  return { key, size: file.source.byteLength, rows: Number(file.metadata.num_rows), meta: checkMeta(file, table) };
}

interface OpenedFile {
  readonly key: string;
  /** Store and key, for messages. */
  readonly place: string;
  readonly source: Source;
  readonly metadata: FileMetaData;
}

async function openFile(store: Store, key: string, tailBytes: number, options: OpenOptions): Promise<OpenedFile> {
  const place = `${store.url} ${key}`;
  const info = options.info ?? (await store.head(key, options.signal));
  if (!info) throw new CutoverError("STORE_MISSING", "no such object", { place });
  const source = await openSource(store, info, tailBytes, options.signal);
  try {
    if (info.size < 12) throw new Error("too short for a Parquet file");
    return { key, place, source, metadata: await readFooter(source, tailBytes) };
  } catch (error) {
    throw corrupt(error, place, `a Parquet file; it has ${info.size} bytes`, options.signal);
  }
}

/** Errors of the store and aborts pass unchanged; what hyparquet throws means that the file is damaged. */
function corrupt(error: unknown, place: string, expected: string, signal?: AbortSignal): unknown {
  if (isCutoverError(error) || signal?.aborted) return error;
  return new CutoverError("PARQUET_CORRUPT", "the object is truncated or damaged", {
    place,
    expected,
    received: messageOf(error),
    hint: "restore it from a backup or delete it: nothing is read from half an object",
    cause: error,
  });
}

function metaOf(metadata: FileMetaData): unknown {
  const text = metadata.key_value_metadata?.find(({ key }) => key === FOOTER_KEY)?.value;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkMeta({ metadata, place }: OpenedFile, table: TableSpec): unknown {
  const meta = metaOf(metadata);
  const { dataset, schema } = (meta ?? {}) as { dataset?: unknown; schema?: unknown };
  if (dataset !== table.dataset) {
    const found = columnsOf(metadata.schema).map(({ name }) => name);
    throw new CutoverError("PARQUET_FOREIGN", `not an object of ${table.dataset}/`, {
      place,
      expected: `a file that cutover wrote to ${table.dataset}/`,
      received:
        dataset === undefined
          ? `written by ${metadata.created_by ?? "an unknown program"}, columns ${found.join(", ")}`
          : `an object of ${String(dataset)}/`,
      hint: "move it out of the store",
    });
  }
  if (schema === SCHEMA_VERSION) return meta;
  throw new CutoverError("SCHEMA_VERSION", "the object is of another schema version", {
    place,
    expected: `schema ${SCHEMA_VERSION}`,
    received: `schema ${String(schema)}`,
    hint: Number(schema) > SCHEMA_VERSION ? "use the newer cutover that wrote it" : "use the cutover that wrote it",
  });
}

/** The table's columns, once the file is seen to hold each as it should. */
function checkColumns({ metadata, place }: OpenedFile, table: TableSpec): readonly ColumnSpec[] {
  const found = new Map(columnsOf(metadata.schema).map((column) => [column.name, column]));
  const wrong = table.columns.filter(({ name, type, nullable = false }) => {
    const column = found.get(name);
    return column?.type !== storedType(type) || column.nullable !== nullable;
  });
  if (wrong.length === 0) return table.columns;
  throw new CutoverError("PARQUET_FOREIGN", `the object lacks columns of ${table.dataset}/`, {
    place,
    expected: wrong.map(describe).join(", "),
    received: [...found.values()].map(describe).join(", "),
  });
}

function describe({ name, type, nullable }: ColumnSpec): string {
  return `${name} ${type}${nullable ? "?" : ""}`;
}

function readerOf(
  { key, place, source, metadata }: OpenedFile,
  meta: unknown,
  columns: readonly ColumnSpec[],
  signal?: AbortSignal,
): ObjectReader {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const groups = metadata.row_groups.map((group) => ({
    rows: Number(group.num_rows),
    bytes: Number(group.total_byte_size),
  }));
  // Kept from pick to pick, and left between reads: what is picked is copied out of it.
  const picked = new Vectors();
  const starts: number[] = [];
  let next = 0;
  for (const { rows } of groups) {
    starts.push(next);
    next += rows;
  }
  const specOf = (name: string): ColumnSpec => {
    const column = byName.get(name);
    if (column) return column;
    const expected = [...byName.keys()].join(", ");
    throw new CutoverError("PARQUET_FOREIGN", `the object has no column ${name}`, { place, expected });
  };
  const attempt = async <T>(
    rowGroup: number,
    names: readonly string[],
    decode: (columns: ColumnSpec[], rows: RowRange) => Promise<T>,
  ): Promise<T> => {
    const columns = names.map(specOf);
    const group = groups[rowGroup];
    const start = starts[rowGroup];
    if (!group || start === undefined) throw new RangeError(`${key} has no row group ${rowGroup}`);
    try {
      return await decode(columns, { start, end: start + group.rows });
    } catch (error) {
      throw corrupt(error, `${place} row group ${rowGroup}`, `readable columns ${names.join(", ")}`, signal);
    }
  };
  return {
    key,
    meta,
    rows: Number(metadata.num_rows),
    rowGroups: groups,
    columnBytes: (name) => columnBytes(metadata, specOf(name).name),
    bounds: (rowGroup, name) => boundsOf(metadata, rowGroup, specOf(name).name),
    mayHold: (rowGroup, name, text) => attempt(rowGroup, [name], () => mayHold(source, metadata, rowGroup, name, text)),
    read: (rowGroup, names) =>
      attempt(rowGroup, names, (columns, rows) => decodeColumns(source, metadata, rows, columns)),
    pick: async (rowGroup, rows, names) => {
      checkPicked(rows, groups[rowGroup]?.rows ?? 0);
      return attempt(rowGroup, names, (columns, range) =>
        pickRows(source, metadata, { rowGroup, ...range }, rows, columns, picked),
      );
    },
    scan: (rowGroup, names, into) =>
      attempt(rowGroup, names, (columns, rows) => scanColumns(source, metadata, { rowGroup, ...rows }, columns, into)),
    close() {
      source.close();
      picked.release();
    },
  };
}

/** A wrong row is the caller's fault, not the file's. */
function checkPicked(picked: readonly number[], rows: number): void {
  const wrong = picked.find((row, at) => !Number.isInteger(row) || row <= (picked[at - 1] ?? -1) || row >= rows);
  if (wrong !== undefined) throw new RangeError(`rows of a row group of ${rows} must ascend; ${wrong} does not`);
}

function columnBytes(metadata: FileMetaData, name: string): number {
  const chunks = metadata.row_groups.flatMap((group) => group.columns);
  return chunks
    .filter(({ meta_data }) => meta_data?.path_in_schema[0] === name)
    .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0n), 0);
}
