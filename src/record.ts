/**
 * The record is the contract: what one row of each dataset is, in which columns and units.
 * Stages share this file and the store, nothing else.
 */

/** Version of the columns below. A reader refuses a file of another major version. */
export const SCHEMA_VERSION = 1;

/** Physical column types. `timestamp` is INT64 UTC milliseconds, `json` is UTF-8 text holding one JSON document. */
export type ColumnType = "string" | "json" | "bytes" | "int32" | "int64" | "double" | "boolean" | "timestamp";

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable?: boolean;
  /** Write a bloom filter, so that a reader of one value touches few row groups. */
  readonly bloom?: boolean;
}

export interface TableSpec {
  /** Dataset name; also stands in the file's metadata, so that a file of another dataset is refused. */
  readonly dataset: "captures" | "rejects" | "replays" | "diffs";
  readonly columns: readonly ColumnSpec[];
}

/** Where a record stands: the log, its partition, and the offset (Kafka) or 0-based line (files). */
export interface Position {
  readonly log: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** One inference by the legacy system. `input` and `output` are the bytes as they were, never re-printed. */
export interface CapturedRecord extends Position {
  readonly id: string;
  readonly model: string;
  readonly modelVersion: string | null;
  /** UTC milliseconds; the message's own time when the payload had none. */
  readonly capturedAt: number;
  /** True when `capturedAt` is the message's time because the payload had none. */
  readonly capturedAtFromMessage: boolean;
  readonly input: Uint8Array;
  readonly inputType: string;
  readonly output: Uint8Array;
  readonly outputType: string;
  /** HTTP status, or what stands for it in the legacy system. */
  readonly status: number;
  readonly latencyMs: number | null;
  /** String map, kept as one JSON object text (null when absent). */
  readonly attributes: string | null;
}

/** One message that could not become a CapturedRecord, raw. */
export interface RejectedRecord extends Position {
  readonly reason: RejectReason;
  /** What was expected and received, at most 1 KiB. */
  readonly detail: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** JSON array of [name, base64 value], in the order of the message. */
  readonly headers: string;
  /** UTC milliseconds, the message's own. */
  readonly timestamp: number;
}

export const REJECT_REASONS = [
  "bad_json",
  "duplicate_member",
  "missing_id",
  "missing_model",
  "missing_input",
  "missing_output",
  "bad_model",
  "bad_field",
  "empty",
  "too_large",
  "not_event",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** Closed set of replay outcomes. The first two are answers and are judged. */
export const REPLAY_OUTCOMES = [
  "ok",
  "model_error",
  "rejected_input",
  "throttled",
  "not_ready",
  "unavailable",
  "timeout",
  "connection",
  "too_large",
  "bad_response",
] as const;
export type ReplayOutcome = (typeof REPLAY_OUTCOMES)[number];

/** One answer, or typed failure, of the target. */
export interface ReplayedRecord extends Position {
  readonly id: string;
  readonly model: string;
  readonly target: string;
  readonly outcome: ReplayOutcome;
  readonly errorClass: string | null;
  /** At most 1 KiB. */
  readonly errorDetail: string | null;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  readonly output: Uint8Array | null;
  readonly outputType: string | null;
  readonly variant: string | null;
  /** Milliseconds of the last attempt, from send to last byte. */
  readonly latencyMs: number;
  /** 0: not sent itself; it has the answer of a request of the same bytes in the same capture object (`dedupe`). */
  readonly attempts: number;
  readonly throttles: number;
  /**
   * Of an answer: the endpoint had said that it was not ready, or this was the first of it in a call and took a second
   * or more. Null for what is no answer, and for an answer that was shared.
   */
  readonly coldStart: boolean | null;
  /** UTC milliseconds. */
  readonly replayedAt: number;
}

/** Closed set of kinds of difference; they stand in metrics, JSON and fingerprints. */
export const DIFF_KINDS = [
  "value",
  "type",
  "shape",
  "missing_field",
  "extra_field",
  "order",
  "length",
  "missing_new",
  "missing_legacy",
  "decision_flip",
  "label_flip",
  "error_new",
  "error_legacy",
  "error_class",
  "nan_new",
  "nan_legacy",
  "rule_error",
] as const;
export type DiffKind = (typeof DIFF_KINDS)[number];

/** One finding. `legacy` and `candidate` are JSON text, at most 4 KiB each, cut marked by a trailing `…`. */
export interface DiffRecord extends Position {
  readonly id: string;
  readonly model: string;
  /** Concrete path, `$.reasons[2]`. */
  readonly path: string;
  /** Rule type that judged. */
  readonly rule: string;
  readonly kind: DiffKind;
  readonly legacy: string | null;
  readonly candidate: string | null;
  /** candidate − legacy where both are finite numbers. */
  readonly delta: number | null;
  readonly fingerprint: string;
  readonly waived: boolean;
}

const position: readonly ColumnSpec[] = [
  { name: "log", type: "string" },
  { name: "partition", type: "int32" },
  { name: "offset", type: "int64" },
];

export const CAPTURES: TableSpec = {
  dataset: "captures",
  columns: [
    { name: "id", type: "string", bloom: true },
    { name: "model", type: "string" },
    { name: "modelVersion", type: "string", nullable: true },
    { name: "capturedAt", type: "timestamp" },
    { name: "capturedAtFromMessage", type: "boolean" },
    { name: "input", type: "bytes" },
    { name: "inputType", type: "string" },
    { name: "output", type: "bytes" },
    { name: "outputType", type: "string" },
    { name: "status", type: "int32" },
    { name: "latencyMs", type: "double", nullable: true },
    { name: "attributes", type: "json", nullable: true },
    ...position,
  ],
};

export const REJECTS: TableSpec = {
  dataset: "rejects",
  columns: [
    { name: "reason", type: "string" },
    { name: "detail", type: "string" },
    { name: "key", type: "bytes", nullable: true },
    { name: "value", type: "bytes", nullable: true },
    { name: "headers", type: "json" },
    { name: "timestamp", type: "timestamp" },
    ...position,
  ],
};

export const REPLAYS: TableSpec = {
  dataset: "replays",
  columns: [
    { name: "id", type: "string", bloom: true },
    { name: "model", type: "string" },
    { name: "target", type: "string" },
    { name: "outcome", type: "string" },
    { name: "errorClass", type: "string", nullable: true },
    { name: "errorDetail", type: "string", nullable: true },
    { name: "status", type: "int32", nullable: true },
    { name: "output", type: "bytes", nullable: true },
    { name: "outputType", type: "string", nullable: true },
    { name: "variant", type: "string", nullable: true },
    { name: "latencyMs", type: "double" },
    { name: "attempts", type: "int32" },
    { name: "throttles", type: "int32" },
    { name: "coldStart", type: "boolean", nullable: true },
    { name: "replayedAt", type: "timestamp" },
    ...position,
  ],
};

export const DIFFS: TableSpec = {
  dataset: "diffs",
  columns: [
    { name: "id", type: "string", bloom: true },
    { name: "model", type: "string" },
    { name: "path", type: "string" },
    { name: "rule", type: "string" },
    { name: "kind", type: "string" },
    { name: "legacy", type: "string", nullable: true },
    { name: "candidate", type: "string", nullable: true },
    { name: "delta", type: "double", nullable: true },
    { name: "fingerprint", type: "string" },
    { name: "waived", type: "boolean" },
    ...position,
  ],
};

/** Model names that may stand in URLs, keys and tags; anything else is rejected as `bad_model`. */
const MODEL_NAME = /^[A-Za-z0-9._/@-]{1,128}$/;

export function isModelName(name: string): boolean {
  return MODEL_NAME.test(name) && !name.includes("..");
}

/** `log/partition/offset`, as people and scripts write a position. */
export function formatPosition(p: Position): string {
  return `${p.log}/${p.partition}/${p.offset}`;
}

/** Reads `log/partition/offset`; undefined when the text is not a position. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(.+)\/(\d{1,10})\/(\d{1,19})$/.exec(text);
  if (!match) return undefined;
  return { log: match[1] as string, partition: Number(match[2]), offset: BigInt(match[3] as string) };
}
