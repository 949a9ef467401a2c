/** Streams the findings of a comparison out, one row group at a time, in the order of the captured rows. */
import { CutoverError } from "../src/errors.ts";
import { comparePrefix } from "../src/lake/keys.ts";
import { openObject } from "../src/parquet/read.ts";
import { DIFFS } from "../src/record.ts";
import type { Session } from "../src/session.ts";
import type { ObjectInfo } from "../src/store/port.ts";
import type { Output } from "../src/streams.ts";
import type { Encoder } from "./export/encoder.ts";
import { csvEncoder, ndjsonEncoder } from "./export/lines.ts";
import { parquetEncoder } from "./export/parquet.ts";
import type { Summary } from "./summary.ts";

export const EXPORT_FORMATS = ["arrow", "parquet", "ndjson", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type EncoderFactory = (summary: Summary) => Encoder | Promise<Encoder>;

const ENCODERS: ReadonlyMap<ExportFormat, EncoderFactory> = new Map<ExportFormat, EncoderFactory>([
  // apache-arrow takes a while to load, and only this format needs it.
  ["arrow", async () => (await import("./arrow.ts")).arrowEncoder()],
  ["parquet", (summary) => parquetEncoder({ run: summary.run, rules: summary.rules })],
  ["ndjson", () => ndjsonEncoder()],
  ["csv", () => csvEncoder()],
]);

/**
 * Writes every finding of the comparison to `out`; columns and their order are those of DIFFS.
 * USAGE when a binary format would go to a terminal, COMPARE_INCOMPLETE when the findings are not there.
 */
export async function exportRun(
  session: Session,
  summary: Summary,
  format: ExportFormat,
  out: Output,
): Promise<{ rows: number }> {
  const binary = format === "arrow" || format === "parquet";
  if (binary && out.isTTY) throw toTerminal(summary.run, format);
  const objects = await findingObjects(session, summary);
  const encoder = await (ENCODERS.get(format) as EncoderFactory)(summary);
  const names = DIFFS.columns.map(({ name }) => name);
  let rows = 0;
  for (const info of objects) {
    const object = await openObject(session.store, info.key, DIFFS, { info, signal: session.signal });
    for (const [index, group] of object.rowGroups.entries()) {
      session.signal.throwIfAborted();
      for (const piece of encoder.rows(await object.read(index, names))) await out.write(piece);
      rows += group.rows;
    }
  }
  for (const piece of encoder.end()) await out.write(piece);
  return { rows };
}

/** The objects in key order. Mismatches without one mean that somebody deleted them: not an empty export. */
async function findingObjects({ store, signal }: Session, summary: Summary): Promise<ObjectInfo[]> {
  const prefix = `${comparePrefix(summary.run, summary.rules)}diffs/`;
  const objects: ObjectInfo[] = [];
  for await (const info of store.list(prefix, { signal })) {
    if (info.key.endsWith(".parquet")) objects.push(info);
  }
  if (objects.length > 0 || summary.outcomes.mismatch === 0) return objects;
  throw new CutoverError("COMPARE_INCOMPLETE", "the findings of this comparison are not in the store", {
    place: `${store.url} ${prefix}`,
    expected: `the findings of ${summary.outcomes.mismatch} mismatching pairs`,
    received: "no object",
    hint: `cutover compare --run ${summary.run} writes them again`,
  });
}

function toTerminal(run: string, format: ExportFormat): CutoverError {
  return new CutoverError("USAGE", `${format} is binary and would garble the terminal`, {
    expected: "a file or a pipe",
    received: "a terminal",
    hint: `cutover export ${run} --format ${format} --out diffs.${format}, or redirect with > diffs.${format}`,
  });
}
