/** The datasets of a store as views and tables of an SQL engine: text made from the record. Pure. */
import { athenaLines } from "./ddl-athena.ts";
import type { DdlOptions } from "./ddl-datasets.ts";
import { duckdbLines, sparkLines } from "./ddl-views.ts";

export const DIALECTS = ["duckdb", "athena", "spark"] as const;
export type Dialect = (typeof DIALECTS)[number];

export function renderDdl(dialect: Dialect, options: DdlOptions): string {
  const head = [
    `-- ${options.store.replace(/[\r\n]+/g, " ")} for ${TITLES[dialect]}, by cutover ${options.version}`,
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
