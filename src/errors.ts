/**
 * Expected failures. Each code fixes its exit code and whether trying again can help, in one table;
 * anything that is not a CutoverError is a bug and exits 70.
 */

export const EXIT = {
  pass: 0,
  fail: 1,
  usage: 2,
  inconclusive: 3,
  nothing: 4,
  verdictError: 5,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorPolicy {
  readonly exitCode: ExitCode;
  readonly retryable: boolean;
}

const input: ErrorPolicy = { exitCode: EXIT.usage, retryable: false };
const passing: ErrorPolicy = { exitCode: EXIT.usage, retryable: true };

export const ERROR_POLICY = {
  /** The command line is wrong. */
  USAGE: input,
  /** cutover.yaml, environment or flags are wrong. */
  CONFIG: input,
  /** The store, bucket or folder is not there or not usable (read-only, no hard links). */
  STORE_UNUSABLE: input,
  /** Credentials are missing or refused (401, 403). */
  STORE_DENIED: input,
  /** No space, quota reached. */
  STORE_FULL: input,
  /** A passing fault of the store: timeout, 5xx, throttle, reset. */
  STORE_UNAVAILABLE: passing,
  /** The object exists already (a conditional put lost). */
  STORE_EXISTS: input,
  /** No such object. */
  STORE_MISSING: input,
  /** A file is not readable Parquet: truncated or garbage. */
  PARQUET_CORRUPT: input,
  /** Parquet, but not one of ours or of another dataset. */
  PARQUET_FOREIGN: input,
  /** Ours, but of another schema version. */
  SCHEMA_VERSION: input,
  /** The source (broker, topic, file) is not there or cannot be read. */
  SOURCE_UNUSABLE: input,
  /** What the source holds is damaged: a checksum does not fit, a batch cannot be unpacked. */
  SOURCE_CORRUPT: input,
  /** A passing fault of the source. */
  SOURCE_UNAVAILABLE: passing,
  /** The log is not the one the ledger was written from: recreated topic, other cluster. */
  LEDGER_CONFLICT: input,
  /** More messages rejected than `capture.maxRejectRate` allows. */
  REJECT_RATE: input,
  /** The selection is empty. */
  NOTHING_SELECTED: { exitCode: EXIT.nothing, retryable: false },
  /** The run named does not exist. */
  RUN_MISSING: input,
  /** A run.json that does not parse, or does not fit what is asked of it. */
  RUN_INVALID: input,
  /** A target is misconfigured, or every endpoint is missing. */
  TARGET_UNUSABLE: input,
  /** There is no comparison under the rules in force. */
  COMPARE_MISSING: { exitCode: EXIT.verdictError, retryable: false },
  /** Something that should have been compared could not be. */
  COMPARE_INCOMPLETE: { exitCode: EXIT.verdictError, retryable: false },
  /** SIGINT. */
  INTERRUPTED: { exitCode: EXIT.interrupted, retryable: true },
  /** SIGTERM. */
  TERMINATED: { exitCode: EXIT.terminated, retryable: true },
} as const satisfies Record<string, ErrorPolicy>;
export type ErrorCode = keyof typeof ERROR_POLICY;

export interface ErrorDetails {
  /** Where: `cutover.yaml:12 capture.source`, a key, `topic/3/1042`. */
  readonly place?: string;
  readonly expected?: string;
  readonly received?: string;
  /** What to do next, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class CutoverError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CutoverError";
    this.code = code;
    this.details = details;
  }

  get exitCode(): ExitCode {
    return ERROR_POLICY[this.code].exitCode;
  }

  get retryable(): boolean {
    return ERROR_POLICY[this.code].retryable;
  }
}

/** True when `error` is a CutoverError, of one of `codes` when any is given. */
export function isCutoverError(error: unknown, ...codes: ErrorCode[]): error is CutoverError {
  return error instanceof CutoverError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** What a person reads on stderr: message, place, expected and received, what to do next, cause. */
export function explain(error: CutoverError, hint = error.details.hint): string {
  const { place, expected, received, cause } = error.details;
  const lines = [`error ${error.code}: ${error.message}`];
  if (place !== undefined) lines.push(`  at:       ${place}`);
  if (expected !== undefined) lines.push(`  expected: ${expected}`);
  if (received !== undefined) lines.push(`  received: ${received}`);
  const said = `${error.message} ${received ?? ""}`;
  if (cause !== undefined && !said.includes(messageOf(cause))) lines.push(`  cause:    ${messageOf(cause)}`);
  if (hint !== undefined) lines.push(`  next:     ${hint}`);
  return lines.join("\n");
}
