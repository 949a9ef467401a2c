/** Flags that select → selection query. Pure but for the `--ids` file. */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { parseCount } from "../../count.ts";
import { CutoverError, messageOf } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import type { Only, SelectionQuery } from "../run.ts";

/** As commander and other stages hand them over. */
export interface SelectionFlags {
  /** Patterns; none selects every model. */
  readonly model?: readonly string[];
  /** ISO 8601 (UTC when it names no zone) or epoch milliseconds. */
  readonly since?: string;
  readonly until?: string;
  /** Share of the records, above 0 and at most 1, chosen by a hash of the position. */
  readonly sample?: string;
  /** At most so many of each model, the lowest by that hash. */
  readonly limit?: string;
  /** File with one id or position a line; `-` is stdin. */
  readonly ids?: string;
  /** `mismatched`, `failed` or `group:FINGERPRINT`, of the run `from`. */
  readonly only?: string;
  readonly from?: string;
}

/** As a command declares them; `--model` may be given more than once. */
export const SELECTION_FLAGS: readonly (readonly [flags: string, description: string])[] = [
  ["--model <pattern>", "models, * stands for anything; repeatable"],
  ["--since <time>", "captured at or after: ISO 8601 (UTC) or epoch milliseconds"],
  ["--until <time>", "captured before"],
  ["--sample <share>", "share of the records, 0 to 1, by a hash of the position"],
  ["--limit <n>", "at most so many records of each model, by the same hash"],
  ["--ids <file>", "only the ids and positions (log/partition/offset) in this file, one a line; - is stdin"],
  ["--only <outcome>", "only what was mismatched | failed | group:FINGERPRINT in another run"],
  ["--from <run>", "the run that --only looks at"],
];

/** The query as asked: positions of `--only` are looked up when it is pinned. `stdin` is what `--ids -` reads. */
export async function queryOf(flags: SelectionFlags, stdin?: NodeJS.ReadableStream): Promise<SelectionQuery> {
  const only = parseOnly(flags.only, flags.from);
  const query: SelectionQuery = {
    models: [...new Set(flags.model ?? [])].sort(),
    since: flags.since === undefined ? null : parseTime("--since", flags.since),
    until: flags.until === undefined ? null : parseTime("--until", flags.until),
    sample: flags.sample === undefined ? null : parseSample(flags.sample),
    limitPerModel: flags.limit === undefined ? null : parseCount("--limit", flags.limit, /^\d{1,9}$/),
    ids: flags.ids === undefined ? null : await readIds(flags.ids, stdin),
    ...(only ? { only } : {}),
  };
  if (query.since !== null && query.until !== null && query.since >= query.until) {
    throw new CutoverError("USAGE", "--since is not before --until", {
      received: `${flags.since} and ${flags.until}`,
      hint: "since is included, until is not",
    });
  }
  return query;
}

/** True when any flag narrows the selection. */
export function narrows(flags: SelectionFlags): boolean {
  const { model = [], since, until, sample, limit, ids, only, from } = flags;
  return model.length > 0 || [since, until, sample, limit, ids, only, from].some((flag) => flag !== undefined);
}

/** The query in words, for messages. */
export function describeQuery(query: SelectionQuery): string {
  const parts = [
    query.models.length > 0 ? `models ${query.models.join(", ")}` : "all models",
    query.since === null ? "" : `since ${new Date(query.since).toISOString()}`,
    query.until === null ? "" : `until ${new Date(query.until).toISOString()}`,
    query.sample === null ? "" : `a sample of ${query.sample}`,
    query.limitPerModel === null ? "" : `at most ${query.limitPerModel} of each model`,
    query.ids === null ? "" : `${query.ids.length} ids`,
    query.only ? `only ${outcomeText(query.only)} of run ${query.only.from}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** As `--only` is written. */
export function outcomeText({ kind, group }: Only): string {
  return kind === "group" ? `group:${group}` : kind;
}

function parseOnly(only: string | undefined, from: string | undefined): Only | undefined {
  if (only === undefined && from === undefined) return undefined;
  if (only === undefined) {
    throw new CutoverError("USAGE", "--from says of which run, --only of what", {
      expected: "--only mismatched | failed | group:FINGERPRINT",
      hint: `for the whole selection of that run: --same-as ${from}`,
    });
  }
  const group = only.startsWith("group:") ? only.slice("group:".length) : undefined;
  const kind = group === undefined ? only : "group";
  if ((kind !== "mismatched" && kind !== "failed" && kind !== "group") || group === "") {
    throw new CutoverError("USAGE", "--only is not an outcome", {
      expected: "mismatched, failed or group:FINGERPRINT",
      received: only,
      hint: "fingerprints stand in the summary and the report of a comparison",
    });
  }
  if (from === undefined) {
    throw new CutoverError("USAGE", "--only needs the run that it looks at", {
      expected: "--from RUN",
      hint: "cutover runs",
    });
  }
  return { kind, from, ...(group === undefined ? {} : { group }) };
}

/** Only absolute times: the same command must mean the same selection when it is given again. */
export function parseTime(flag: string, text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  const zoned = date && (date[4] !== undefined || date[1] === undefined);
  const time = /^\d{1,15}$/.test(text) ? Number(text) : date ? Date.parse(zoned ? text : `${text}Z`) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new CutoverError("USAGE", `${flag} is not a time`, {
    expected: "2026-11-23, 2026-11-23T10:00:00Z or epoch milliseconds; UTC when no zone is named",
    received: text,
    hint: "a time relative to now would make the same command another run",
  });
}

function parseSample(text: string): number {
  const share = /^(\d+(\.\d*)?|\.\d+)(e-\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (share > 0 && share <= 1) return share;
  throw new CutoverError("USAGE", "--sample is not a share", {
    expected: "a number above 0 and at most 1, such as 0.01",
    received: text,
    hint: "for a number of records of each model: --limit N",
  });
}

async function readIds(file: string, stdin: NodeJS.ReadableStream = process.stdin): Promise<string[]> {
  let bytes: Uint8Array;
  try {
    bytes = file === "-" ? await buffer(stdin) : await readFile(file);
  } catch (cause) {
    throw new CutoverError("USAGE", "the file of --ids cannot be read", { place: file, received: messageOf(cause) });
  }
  const ids = new Set(
    new TextDecoder()
      .decode(bytes)
      .split(/\r?\n/)
      .filter((line) => line !== ""),
  );
  const place = file === "-" ? "stdin" : file;
  if (ids.size === 0) {
    throw new CutoverError("USAGE", "the file of --ids holds no id", { place, expected: "one id or position a line" });
  }
  if (ids.size > LIMITS.planIds) {
    throw new CutoverError("USAGE", "the file of --ids holds too many ids", {
      place,
      expected: `at most ${LIMITS.planIds}`,
      received: `${ids.size}`,
    });
  }
  return [...ids].sort();
}
