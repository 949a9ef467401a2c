/** Tables of Athena. Pure. */
import { CutoverError } from "../../src/errors.ts";
import type { ColumnType } from "../../src/record.ts";
import { parseS3Url } from "../../src/store/open.ts";
import { back, DATASETS, type Dataset, type DdlOptions, quote } from "./ddl-datasets.ts";

export function athenaLines({ store }: DdlOptions): string[] {
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
