/** Streams the findings of a comparison out, one row group at a time, in the order of the captured rows. */
import { CutoverError } from "../src/errors.ts";
import { comparePrefix } from "../src/lake/keys.ts";
import { modelTest } from "../src/lake/selection.ts";
import { openObject } from "../src/parquet/read.ts";
import { DIFFS } from "../src/record.ts";
import type { Session } from "../src/session.ts";
import type { ObjectInfo } from "../src/store/port.ts";
import type { Output } from "../src/streams.ts";
import { Chosen } from "./export/chosen.ts";
import type { Encoder } from "./export/encoder.ts";
import { csvEncoder, ndjsonEncoder } from "./export/lines.ts";
import { parquetEncoder } from "./export/parquet.ts";
import { findGroup } from "./show/find-group.ts";
import type { Group, Summary } from "./summary.ts";

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

export interface ExportOptions {
  /** Patterns; all models when there is none. */
  readonly models?: readonly string[] | undefined;
  /** Fingerprint of a group of the summary. */
  readonly group?: string | undefined;
}

/**
 * Writes the findings of the comparison to `out`, all or the chosen; columns and their order are those of DIFFS.
 * USAGE when a binary format would go to a terminal, COMPARE_INCOMPLETE when the findings are not there.
 */
export async function exportRun(
  session: Session,
  summary: Summary,
  format: ExportFormat,
  out: Output,
  { models = [], group: fingerprint }: ExportOptions = {},
): Promise<{ rows: number }> {
  const binary = format === "arrow" || format === "parquet";
  if (binary && out.isTTY) throw toTerminal(summary.run, format);
  const group = fingerprint === undefined ? null : findGroup(summary, fingerprint);
  const chosen = new Chosen({ group, model: models.length === 0 ? null : modelTest(models) });
  const objects = await findingObjects(session, summary);
  const encoder = await (ENCODERS.get(format) as EncoderFactory)(summary);
  const names = DIFFS.columns.map(({ name }) => name);
  for (const info of objects) {
    const object = await openObject(session.store, info.key, DIFFS, { info, signal: session.signal });
    for (const index of object.rowGroups.keys()) {
      session.signal.throwIfAborted();
      const before = chosen.rows;
      const columns = chosen.of(await object.read(index, names));
      if (chosen.rows === before) continue;
      for (const piece of encoder.rows(columns)) await out.write(piece);
    }
    object.close();
  }
  for (const piece of encoder.end()) await out.write(piece);
  if (group !== null && models.length === 0) checkWhole(summary, group, chosen);
  return { rows: chosen.rows };
}

/** An export of a part of a group must not pass for the whole. */
function checkWhole({ run, rules }: Summary, group: Group, { counted }: Chosen): void {
  if (counted === group.count) return;
  throw new CutoverError("COMPARE_INCOMPLETE", "the findings in the store are not those that the summary counts", {
    place: `${comparePrefix(run, rules)}diffs/`,
    expected: `${group.count} of group ${group.fingerprint}`,
    received: `${counted}`,
    hint: `cutover compare --run ${run} writes them again`,
  });
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
