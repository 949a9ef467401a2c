/** The footer of a capture object: the ledger entry for one range of positions. */
import { z } from "zod";

/** Key of our JSON document in the Parquet key-value metadata, and of the same text in object metadata. */
export const FOOTER_KEY = "cutover";

/** Positions travel as decimal strings: they are 64-bit. */
const positionText = z.string().regex(/^\d{1,19}$/);
const count = z.int().min(0);

export const captureFooterSchema = z.object({
  log: z.string(),
  partition: count,
  /** First and last position of the range, both included. */
  first: positionText,
  last: positionText,
  captured: count,
  rejected: count,
  sampledOut: count,
  tombstones: count,
  /** Positions that hold no message: control records, aborted transactions, compacted away, expired. */
  absent: count,
  gaps: z.array(z.object({ from: positionText, to: positionText, reason: z.enum(["retention"]) })),
  /** UTC milliseconds over the captured rows; null when there is none. */
  minTime: z.int().nullable(),
  maxTime: z.int().nullable(),
  /** sha256 (hex) over key, value and timestamp of the first message; null when the range holds none. */
  firstSha: z.string().nullable(),
  /** sha256 (hex) over (position, input, output, status) of the rows in order of position. */
  contentSha256: z.string(),
  rejects: z.object({ key: z.string(), rows: count, sha256: z.string() }).nullable(),
  /** Position of the message that `firstSha` is of; null when the range holds none. */
  firstMessage: positionText.nullable().optional(),
  /** Kafka's id of the topic (hex), which a topic created again does not share; absent when the broker has none. */
  topicId: z.string().optional(),
  /** Rows by model, so that a plan reads nothing else; absent when there are more models than `footerModels`. */
  models: z.record(z.string(), count).optional(),
});
export type CaptureFooter = z.infer<typeof captureFooterSchema>;

/** The footer of a rejects object: the range it belongs to, and how many messages of it. */
export const rejectsFooterSchema = z.object({
  log: z.string(),
  partition: count,
  first: positionText,
  last: positionText,
  rows: count,
});

/** Positions of the range: what the counts of its footer must add up to. */
export function rangeLength(footer: CaptureFooter): number {
  return Number(BigInt(footer.last) - BigInt(footer.first)) + 1;
}

/** Invariant 4 within one range. */
export function footerSum(footer: CaptureFooter): number {
  return footer.captured + footer.rejected + footer.sampledOut + footer.tombstones + footer.absent;
}
