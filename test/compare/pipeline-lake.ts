/** A small lake in memory, written through the program's own Parquet, and a session on it. */

import type { Clock } from "../../src/clock.ts";
import { type Config, configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import { sha256Hex } from "../../src/hash.ts";
import { captureKey, commitKey, type RangeId, runKey, skipsKey } from "../../src/lake/keys.ts";
import type { Run, SelectionQuery } from "../../src/lake/run.ts";
import { compileSelection } from "../../src/lake/selection.ts";
import type { LogFields, Logger } from "../../src/log.ts";
import type { Metrics, Tags } from "../../src/metrics.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import {
  CAPTURES,
  type CapturedRecord,
  REPLAYS,
  type ReplayedRecord,
  type ReplayOutcome,
  type TableSpec,
} from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";

export interface PairSpec {
  readonly model?: string;
  readonly id?: string;
  readonly legacy: string;
  readonly input?: string;
  /** Absent: no answer is stored. */
  readonly candidate?: string;
  readonly legacyStatus?: number;
  readonly status?: number;
  readonly outcome?: ReplayOutcome;
  readonly legacyLatencyMs?: number | null;
  readonly latencyMs?: number;
  readonly coldStart?: boolean;
  readonly modelVersion?: string;
}

export interface LakeSpec {
  /** Pairs of each capture object; each object is a partition of its own. */
  readonly objects: readonly (readonly PairSpec[])[];
  readonly query?: Partial<SelectionQuery>;
  /** Rows of one commit. */
  readonly commitRows?: number;
  readonly buckets?: number;
  readonly skips?: Record<string, Record<string, number>>;
  /** Answers are stored also for rows outside the selection. */
  readonly answerAll?: boolean;
  readonly run?: string;
  readonly createdAt?: number;
}

export const RUN = "r1";
const text = new TextEncoder();
const LOG = "t@01234567";

export async function buildLake(spec: LakeSpec, store: Store = memoryStore()): Promise<Store> {
  const run = spec.run ?? RUN;
  const query: SelectionQuery = {
    models: [],
    since: null,
    until: null,
    sample: null,
    limitPerModel: null,
    ids: null,
    ...spec.query,
  };
  const objects: Run["objects"] = [];
  const models: Record<string, number> = {};
  for (const [partition, pairs] of spec.objects.entries()) {
    const range: RangeId = { log: LOG, partition, first: 1000n };
    const rows = sortedRows(pairs, range);
    const selected = rows.filter(({ captured }) => compileSelection(query)(captured));
    for (const { captured } of selected) models[captured.model] = (models[captured.model] ?? 0) + 1;
    objects.push(
      await putCapture(
        store,
        range,
        rows.map(({ captured }) => captured),
        selected.length,
      ),
    );
    await putCommits(store, spec, run, range, spec.answerAll ? rows : selected);
  }
  const planned = Object.values(models).reduce((sum, value) => sum + value, 0);
  const document: Run = {
    version: 1,
    run,
    queryHash: "q",
    generation: 0,
    createdAt: spec.createdAt ?? 1,
    query,
    target: { name: "candidate", kind: "http", hash: "h" },
    transform: null,
    buckets: spec.buckets ?? 1,
    objects,
    models,
    planned,
    toolVersion: "test",
  };
  await store.put(runKey(run), text.encode(JSON.stringify(document)));
  if (spec.skips) {
    await store.put(skipsKey(run), text.encode(JSON.stringify({ version: 1, models: spec.skips })));
  }
  return store;
}

interface Row {
  readonly captured: CapturedRecord;
  readonly pair: PairSpec;
}

function sortedRows(pairs: readonly PairSpec[], range: RangeId): Row[] {
  return pairs
    .map((pair, at): Row => ({ pair, captured: toCaptured(pair, range, range.first + BigInt(at)) }))
    .sort((a, b) => (a.captured.model < b.captured.model ? -1 : a.captured.model > b.captured.model ? 1 : 0));
}

function toCaptured(pair: PairSpec, { log, partition }: RangeId, offset: bigint): CapturedRecord {
  return {
    id: pair.id ?? `id-${partition}-${offset}`,
    model: pair.model ?? "m",
    modelVersion: pair.modelVersion ?? null,
    capturedAt: 1_700_000_000_000 + Number(offset),
    capturedAtFromMessage: false,
    input: text.encode(pair.input ?? "{}"),
    inputType: "application/json",
    output: text.encode(pair.legacy),
    outputType: "application/json",
    status: pair.legacyStatus ?? 200,
    latencyMs: pair.legacyLatencyMs === undefined ? 10 : pair.legacyLatencyMs,
    attributes: null,
    log,
    partition,
    offset,
  };
}

async function putCapture(
  store: Store,
  range: RangeId,
  rows: readonly CapturedRecord[],
  selected: number,
): Promise<Run["objects"][number]> {
  const contentSha256 = sha256Hex(JSON.stringify(rows.map(({ id }) => id)));
  const key = captureKey(range);
  const body = encode(CAPTURES, rows, 7, {
    log: range.log,
    partition: range.partition,
    first: range.first.toString(),
    last: (range.first + BigInt(rows.length) - 1n).toString(),
    captured: rows.length,
    rejected: 0,
    sampledOut: 0,
    tombstones: 0,
    absent: 0,
    gaps: [],
    minTime: null,
    maxTime: null,
    firstSha: null,
    contentSha256,
    rejects: null,
  });
  const { size, etag } = await store.put(key, body);
  return { key, bytes: size, etag, contentSha256, rows: rows.length, selected };
}

/** Answers in an order that is not that of the rows, over several commits and buckets. */
async function putCommits(
  store: Store,
  spec: LakeSpec,
  run: string,
  range: RangeId,
  rows: readonly Row[],
): Promise<void> {
  const answered = rows.filter(({ pair }) => pair.candidate !== undefined || pair.outcome !== undefined);
  const buckets = spec.buckets ?? 1;
  const commitRows = spec.commitRows ?? 5;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const mine = answered.filter((_, at) => at % buckets === bucket).reverse();
    for (let n = 0; n * commitRows < mine.length; n++) {
      const some = mine.slice(n * commitRows, (n + 1) * commitRows).map(toReplayed);
      await store.put(commitKey(run, range, bucket, n), encode(REPLAYS, some, 3, {}));
    }
  }
}

export function toReplayed({ captured, pair }: Row): ReplayedRecord {
  const { id, model, log, partition, offset } = captured;
  const outcome = pair.outcome ?? "ok";
  const answer = outcome === "ok" || outcome === "model_error";
  return {
    id,
    model,
    target: "candidate",
    outcome,
    errorClass: null,
    errorDetail: null,
    status: answer ? (pair.status ?? 200) : null,
    output: answer ? text.encode(pair.candidate ?? "") : null,
    outputType: answer ? "application/json" : null,
    variant: null,
    latencyMs: pair.latencyMs ?? 20,
    attempts: 1,
    throttles: 0,
    coldStart: pair.coldStart ?? null,
    replayedAt: 1,
    log,
    partition,
    offset,
  };
}

export function encode(
  table: TableSpec,
  rows: readonly object[],
  groupRows: number,
  meta: Record<string, unknown>,
): Uint8Array {
  const writer = createObjectWriter(table);
  for (let at = 0; at < rows.length; at += groupRows) {
    const group = rows.slice(at, at + groupRows) as Record<string, unknown>[];
    writer.rowGroup(Object.fromEntries(table.columns.map(({ name }) => [name, group.map((row) => row[name])])));
  }
  return writer.finish(meta);
}

export interface Sent {
  readonly kind: string;
  readonly name: string;
  readonly value?: number;
  readonly tags?: Tags | undefined;
  readonly text?: string;
}

export interface TestSession extends Session {
  readonly out: string[];
  readonly sent: Sent[];
  readonly warned: string[];
}

export const DAY = Date.UTC(2026, 10, 23);

export function testSession(store: Store, config: Partial<WrittenConfig> = {}, now = DAY): TestSession {
  const out: string[] = [];
  const sent: Sent[] = [];
  const warned: string[] = [];
  const output = {
    write: async (data: string | Uint8Array) =>
      void out.push(typeof data === "string" ? data : Buffer.from(data).toString("latin1")),
    isTTY: false,
    columns: 100,
  };
  return {
    config: testConfig(config),
    configFile: undefined,
    store,
    log: quietLogger(warned),
    metrics: recordingMetrics(sent),
    clock: { now: () => now, monotonic: () => 0, sleep: async () => {} } satisfies Clock,
    signal: new AbortController().signal,
    streams: { stdin: process.stdin, stdout: output, stderr: output },
    flags: { json: false, quiet: true, color: false },
    version: "0.0.0-test",
    out,
    sent,
    warned,
  };
}

export function testConfig(written: Partial<WrittenConfig>): Config {
  const parsed = configSchema.parse(written);
  return { ...parsed, modelPatterns: Object.keys(parsed.models) };
}

function quietLogger(warned: string[]): Logger {
  const none = (): void => {};
  return {
    debug: none,
    info: none,
    progress: none,
    error: none,
    warn: (message: string, _fields?: LogFields) => void warned.push(message),
    flush: async () => {},
  };
}

function recordingMetrics(sent: Sent[]): Metrics {
  return {
    count: (name, value, tags) => void sent.push({ kind: "count", name, value, tags }),
    gauge: (name, value, tags) => void sent.push({ kind: "gauge", name, value, tags }),
    distribution: (name, value, tags) => void sent.push({ kind: "distribution", name, value, tags }),
    check: (name, value, message, tags) => void sent.push({ kind: "check", name, value, text: message, tags }),
    event: (name, message, tags) => void sent.push({ kind: "event", name, text: message, tags }),
    close: async () => {},
  };
}

/** Every object under the comparisons of a run, by key. */
export async function comparedObjects(store: Store, run = RUN): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of store.list(`compares/${run}/`)) {
    found.set(key, Buffer.from(await store.get(key)).toString("base64"));
  }
  return found;
}

/** `count` equal pairs. */
export function equalPairs(count: number, model = "m"): PairSpec[] {
  return Array.from({ length: count }, (_, at) => {
    const body = JSON.stringify({ label: "ok", score: at });
    return { model, legacy: body, candidate: body };
  });
}
