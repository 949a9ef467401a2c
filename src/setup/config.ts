/** `cutover config`: the configuration in force, who said what, and its schema. */
import { z } from "zod";
import { loadConfig } from "../config/load.ts";
import { configSchema } from "../config/schema.ts";
import type { Setting } from "../config/sources.ts";
import { CutoverError, EXIT } from "../errors.ts";
import type { Surroundings } from "../open-session.ts";

export interface ConfigOptions {
  readonly sources: boolean;
  readonly schema: boolean;
}

/** Always data on stdout: JSON for --schema and --json, else one setting a line. */
export async function showConfig(around: Surroundings, { sources, schema }: ConfigOptions): Promise<number> {
  const { stdout } = around.streams;
  if (sources && schema) {
    throw new CutoverError("USAGE", "--sources and --schema exclude each other", { expected: "one of them" });
  }
  if (schema) {
    await stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return EXIT.pass;
  }
  const loaded = await loadConfig({ file: around.configFile, env: around.env, flags: { store: around.store } });
  const settings = loaded.sources.map(({ path, value, source }) =>
    sources ? { path, value, source } : { path, value },
  );
  const text = around.flags.json ? JSON.stringify({ file: loaded.file ?? null, settings }) : table(settings);
  await stdout.write(`${text}\n`);
  return EXIT.pass;
}

/** Of the file as a person writes it: what has a default may be left out. */
export function configJsonSchema(): unknown {
  return { title: "cutover.yaml", ...z.toJSONSchema(configSchema, { io: "input" }) };
}

function table(settings: readonly (Omit<Setting, "source"> & { readonly source?: string })[]): string {
  const rows = settings.map(({ path, value, source }) => [path, JSON.stringify(value), source ?? ""] as const);
  const width = (column: 0 | 1, most: number): number =>
    Math.min(
      most,
      rows.reduce((longest, row) => Math.max(longest, row[column].length), 0),
    );
  const [pathWidth, valueWidth] = [width(0, 48), width(1, 48)];
  return rows
    .map(([path, value, source]) => `${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${source}`.trimEnd())
    .join("\n");
}
