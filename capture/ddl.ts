/** The datasets of a store as views and tables of DuckDB, Spark and Athena: SQL text, made from the record. */
import type { S3Settings } from "../src/config/schema.ts";
import { CutoverError } from "../src/errors.ts";
import { CAPTURES, type ColumnType, DIFFS, REJECTS, REPLAYS, type TableSpec } from "../src/record.ts";
import { parseS3Url } from "../src/store/open.ts";
import type { Store } from "../src/store/port.ts";

export const DIALECTS = ["duckdb", "athena", "spark"] as const;
export type Dialect = (typeof DIALECTS)[number];

/** A dataset, where its objects stand, and what only their keys say. */
interface Dataset {
  readonly table: TableSpec;
  /** Under the store root: folders above the objects, `*` for each that varies. */
  readonly folders: readonly string[];
  /** Columns that the key holds, outermost first: the last `*` folders. */
  readonly keyed: readonly string[];
}

const DATASETS: readonly Dataset[] = [
  { table: CAPTURES, folders: ["captures", "*", "*"], keyed: [] },
  { table: REJECTS, folders: ["rejects", "*", "*"], keyed: [] },
  { table: REPLAYS, folders: ["replays", "*"], keyed: ["run"] },
  { table: DIFFS, folders: ["compares", "*", "*", "diffs"], keyed: ["run", "rules"] },
];

export interface DdlOptions {
  /** `s3://bucket/prefix`, or the absolute path of a folder. */
  readonly store: string;
  readonly s3: S3Settings;
  /** Datasets that hold an object: over nothing DuckDB and Spark make no view. */
  readonly present: ReadonlySet<string>;
  readonly version: string;
}

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

/** Pure. */
export function renderDdl(dialect: Dialect, options: DdlOptions): string {
  const head = [
    `-- ${options.store} for ${TITLES[dialect]}, by cutover ${options.version}`,
    "-- rejects/ may hold objects that a killed writer left: cutover captures --audit --repair deletes them",
  ];
  const lines = [...head, ...RENDERERS[dialect](options)];
  return `${lines.join("\n")}\n`;
}

const TITLES: Readonly<Record<Dialect, string>> = { duckdb: "DuckDB", athena: "Athena", spark: "Spark SQL" };
const RENDERERS: Readonly<Record<Dialect, (options: DdlOptions) => string[]>> = {
  duckdb: duckdbLines,
  athena: athenaLines,
  spark: sparkLines,
};

function duckdbLines(options: DdlOptions): string[] {
  const isS3 = options.store.startsWith("s3://");
  const views = DATASETS.map((dataset) => {
    const { table, folders, keyed } = dataset;
    if (!options.present.has(table.dataset)) return absent(dataset);
    const glob = `${globbed(options.store)}/${folders.join("/")}/*.parquet`;
    const columns = [
      ...keyed.map((name) => `${fromKey("regexp_extract(filename", dataset, name, quote)} AS ${double(name)}`),
      ...table.columns.map(({ name }) => double(name)),
    ];
    const flags = `hive_partitioning = false${keyed.length > 0 ? ", filename = true" : ""}`;
    return `CREATE OR REPLACE VIEW ${double(table.dataset)} AS\nSELECT ${columns.join(", ")}\nFROM read_parquet(${quote(glob)}, ${flags});`;
  });
  return [...(isS3 ? duckdbSecret(options) : []), ...views];
}

/** Keys come from the environment, a profile or the machine's role when the secret is made; none stands in the text. */
function duckdbSecret({ store, s3 }: DdlOptions): string[] {
  const { endpoint, region } = s3;
  const settings = ["TYPE s3", "PROVIDER credential_chain", `SCOPE ${quote(store)}`];
  const signed = region ?? (endpoint === undefined ? undefined : "us-east-1");
  if (signed !== undefined) settings.push(`REGION ${quote(signed)}`);
  if (endpoint !== undefined) {
    const { host, protocol } = new URL(endpoint);
    settings.push(`ENDPOINT ${quote(host)}`, `USE_SSL ${protocol === "https:"}`);
  }
  if (isPathStyle(s3)) settings.push("URL_STYLE 'path'");
  return [
    "INSTALL httpfs; LOAD httpfs;",
    "INSTALL aws; LOAD aws;",
    `CREATE OR REPLACE SECRET cutover (${settings.join(", ")});`,
  ];
}

function sparkLines(options: DdlOptions): string[] {
  const isS3 = options.store.startsWith("s3://");
  const root = isS3 ? options.store.replace(/^s3:/, "s3a:") : `file://${options.store}`;
  const views = DATASETS.map((dataset) => {
    const { table, folders, keyed } = dataset;
    if (!options.present.has(table.dataset)) return absent(dataset);
    const columns = [
      ...keyed.map((name) => `${fromKey("regexp_extract(input_file_name()", dataset, name, quote)} AS ${back(name)}`),
      ...table.columns.map(({ name }) => back(name)),
    ];
    const path = back(`${globbed(root)}/${folders.join("/")}/*.parquet`);
    return `CREATE OR REPLACE TEMPORARY VIEW ${back(table.dataset)} AS\nSELECT ${columns.join(", ")}\nFROM parquet.${path};`;
  });
  return [...(isS3 ? sparkSettings(options.s3) : []), ...views];
}

/** Taken when the bucket is first opened, so these come first in a session. On EMR s3a is Amazon's own and needs none. */
function sparkSettings(s3: S3Settings): string[] {
  const { endpoint, region } = s3;
  const lines = ["-- needs hadoop-aws, of the version of Spark's Hadoop, and the AWS SDK on its class path"];
  const signed = region ?? (endpoint === undefined ? undefined : "us-east-1");
  if (signed !== undefined) lines.push(`SET fs.s3a.endpoint.region=${signed};`);
  if (endpoint !== undefined) {
    lines.push(`SET fs.s3a.endpoint=${endpoint};`);
    lines.push(`SET fs.s3a.connection.ssl.enabled=${new URL(endpoint).protocol === "https:"};`);
  }
  if (isPathStyle(s3)) lines.push("SET fs.s3a.path.style.access=true;");
  return lines;
}

function athenaLines({ store }: DdlOptions): string[] {
  if (!store.startsWith("s3://")) {
    throw new CutoverError("USAGE", "Athena reads S3 alone", {
      place: `store ${store}`,
      expected: "s3://bucket/prefix",
      hint: "cutover captures --ddl duckdb reads a folder",
    });
  }
  const { bucket, prefix } = parseS3Url(store);
  const root = `s3://${bucket}/${prefix === "" ? "" : `${prefix}/`}`;
  return [
    '-- one statement at a time; in queries quote "partition" and "offset"; needs engine version 3 (zstd)',
    ...DATASETS.map((dataset) => athenaTable(dataset, root)),
  ];
}

/** Athena takes a whole folder: what lies deeper is read as well, so a keyed dataset is a table of its folders. */
function athenaTable({ table, folders, keyed }: Dataset, root: string): string {
  const columns = table.columns.map((column) => `  ${back(column.name)} ${ATHENA_TYPES[column.type]}`);
  const lines = [
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${back(table.dataset)} (\n${columns.join(",\n")}\n)`,
    ...(keyed.length > 0 ? [`PARTITIONED BY (${keyed.map((name) => `${back(name)} string`).join(", ")})`] : []),
    "STORED AS PARQUET",
    `LOCATION ${quote(`${root}${folders[0]}/`)}`,
  ];
  const properties = ["'classification' = 'parquet'"];
  if (keyed.length > 0) {
    let next = 0;
    const template = folders.map((folder) => (folder === "*" ? `\${${keyed[next++]}}` : folder)).join("/");
    properties.push("'projection.enabled' = 'true'");
    properties.push(...keyed.map((name) => `'projection.${name}.type' = 'injected'`));
    properties.push(`'storage.location.template' = ${quote(`${root}${template}/`)}`);
  }
  lines.push(`TBLPROPERTIES (${properties.join(", ")});`);
  const note = keyed.length > 0 ? [`-- every query names its ${keyed.join(" and ")}: WHERE run = '…'`] : [];
  return [...note, ...lines].join("\n");
}

const ATHENA_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "string",
  json: "string",
  bytes: "binary",
  int32: "int",
  int64: "bigint",
  double: "double",
  boolean: "boolean",
  timestamp: "timestamp",
};

function absent({ table }: Dataset): string {
  return `-- ${table.dataset}: no objects yet; print this again once there are`;
}

/** The folder of a path that a column stands for, counted from the path's end: a prefix may hold any names. */
function fromKey(call: string, { folders, keyed }: Dataset, name: string, text: (value: string) => string): string {
  let column = 0;
  const parts = folders.slice(folders.indexOf("*")).map((folder) => {
    if (folder !== "*") return folder;
    return keyed[column++] === name ? "([^/]+)" : "[^/]+";
  });
  return `${call}, ${text(`${parts.join("/")}/[^/]+$`)}, 1)`;
}

function isPathStyle({ endpoint, forcePathStyle }: S3Settings): boolean {
  return forcePathStyle ?? endpoint !== undefined;
}

/** A path as a glob that matches it alone. */
function globbed(path: string): string {
  return path.replace(/[*?[{]/g, "[$&]");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function double(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function back(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
