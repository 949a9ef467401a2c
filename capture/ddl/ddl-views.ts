/** Views of DuckDB and Spark SQL. Pure. */
import type { S3Settings } from "../../src/config/schema.ts";
import {
  absent,
  back,
  DATASETS,
  type DdlOptions,
  double,
  fromKey,
  globbed,
  isPathStyle,
  quote,
} from "./ddl-datasets.ts";

export function duckdbLines(options: DdlOptions): string[] {
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

export function sparkLines(options: DdlOptions): string[] {
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
