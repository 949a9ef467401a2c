/** The datasets as an SQL engine finds them: which folders, which columns, and what only their keys say. */
import type { S3Settings } from "../../src/config/schema.ts";
import { CAPTURES, DIFFS, REJECTS, REPLAYS, type TableSpec } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";

export interface DdlOptions {
  /** `s3://bucket/prefix`, or the absolute path of a folder. */
  readonly store: string;
  readonly s3: S3Settings;
  /** Datasets that hold an object: over nothing DuckDB and Spark make no view. */
  readonly present: ReadonlySet<string>;
  readonly version: string;
}

/** A dataset, where its objects stand, and what only their keys say. */
export interface Dataset {
  readonly table: TableSpec;
  /** Under the store root: folders above the objects, `*` for each that varies. */
  readonly folders: readonly string[];
  /** Columns that the key holds, outermost first: the last `*` folders. */
  readonly keyed: readonly string[];
}

export const DATASETS: readonly Dataset[] = [
  { table: CAPTURES, folders: ["captures", "*", "*"], keyed: [] },
  { table: REJECTS, folders: ["rejects", "*", "*"], keyed: [] },
  { table: REPLAYS, folders: ["replays", "*"], keyed: ["run"] },
  { table: DIFFS, folders: ["compares", "*", "*", "diffs"], keyed: ["run", "rules"] },
];

/** The datasets of a store that hold an object. */
export async function presentDatasets(store: Store, signal: AbortSignal): Promise<Set<string>> {
  const present = new Set<string>();
  for (const { table, folders } of DATASETS) {
    for await (const { key } of store.list(`${folders[0]}/`, { signal })) {
      if (!key.endsWith(".parquet")) continue;
      present.add(table.dataset);
      break;
    }
  }
  return present;
}

export function absent({ table }: Dataset): string {
  return `-- ${table.dataset}: no objects yet; print this again once there are`;
}

/** The folder of a path that a column stands for, counted from the path's end: a prefix may hold any names. */
export function fromKey(
  call: string,
  { folders, keyed }: Dataset,
  name: string,
  text: (value: string) => string,
): string {
  let column = 0;
  const parts = folders.slice(folders.indexOf("*")).map((folder) => {
    if (folder !== "*") return folder;
    return keyed[column++] === name ? "([^/]+)" : "[^/]+";
  });
  return `${call}, ${text(`${parts.join("/")}/[^/]+$`)}, 1)`;
}

export function isPathStyle({ endpoint, forcePathStyle }: S3Settings): boolean {
  return forcePathStyle ?? endpoint !== undefined;
}

/** A path as a glob that matches it alone. */
export function globbed(path: string): string {
  return path.replace(/[*?[{]/g, "[$&]");
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function double(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function back(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
