/** Every bound of the program, named with its unit. A later setting may lower one; nothing is unbounded. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  /** A message, or a line of a file, larger than this is rejected as `too_large`. */
  messageBytes: 10 * MIB,
  /** Uncompressed bytes of a row group. */
  rowGroupBytes: 16 * MIB,
  /** Uncompressed bytes of a Parquet page. */
  pageBytes: 256 * KIB,
  /** Largest object this program writes; S3 takes 5 GB in one put. */
  objectBytes: 1024 * MIB,
  /** Share of `capture.memory` that buffered records may take. */
  captureBufferShare: 0.4,
  /** Depth of JSON that scanner and parser follow. */
  jsonDepth: 512,
  /** Rows, bytes and age at which replay commits a unit's finished answers. */
  commitRows: 2_000,
  commitBytes: 32 * MIB,
  commitAgeMs: 30_000,
  /** Bytes of inputs read ahead and answers in flight or unsaved, for the whole replay process. */
  replayBufferBytes: 128 * MIB,
  /** Units of replay open at once. */
  replayOpenUnits: 4,
  /** Largest answer read from a target. */
  responseBytes: 25 * MIB,
  /** Decoded bytes of replayed answers that one pass of compare holds. */
  compareBufferBytes: 96 * MIB,
  /** Text of one side of a finding. */
  diffValueBytes: 4 * KIB,
  errorDetailBytes: 1 * KIB,
  /** Findings kept for one pair; above it the pair is still a mismatch and the rest is counted. */
  findingsPerPair: 1_000,
  /** Distinct fingerprints kept of one model before all coarsen one step. */
  groupsPerModel: 4_096,
  /** Distinct field paths kept of one model before they collapse. */
  fieldsPerModel: 1_024,
  exemplarsPerGroup: 5,
  /** HTML report: target, warning and refusal. */
  reportTargetBytes: 10 * MIB,
  reportWarnBytes: 25 * MIB,
  reportMaxBytes: 50 * MIB,
  /** Bytes of one DogStatsD datagram. */
  datagramBytes: 1_400,
  /** Field paths used as a metric tag; the rest is `other`. */
  metricPaths: 20,
  /** Tries of one store call, the first included, and the longest wait between two. */
  storeAttempts: 8,
  storeBackoffMs: 10_000,
} as const;
