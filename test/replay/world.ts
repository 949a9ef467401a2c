/** A store with captures and a session over it, for replay's tests. */

import { DEFAULT_TUNING, type Tuning } from "../../replay/stage.ts";
import { systemClock } from "../../src/clock.ts";
import { type Config, configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import { sha256Hex } from "../../src/hash.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { captureKey, parseCommitKey, replaysPrefix } from "../../src/lake/keys.ts";
import { createLogger } from "../../src/log.ts";
import { openObject } from "../../src/parquet/read.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import { CAPTURES, type CapturedRecord, REPLAYS, type ReplayedRecord } from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import type { Store } from "../../src/store/port.ts";
import { memoryOutput } from "../support/output.ts";

export const LOG = "inference@0123abcd";
export const START = Date.UTC(2026, 10, 1);

export type RowSpec = Partial<CapturedRecord> & { readonly model: string; readonly offset: bigint };

export function row(spec: RowSpec): CapturedRecord {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return {
    id: `id-${spec.offset}`,
    modelVersion: null,
    capturedAt: START + Number(spec.offset) * 1000,
    capturedAtFromMessage: false,
    input: text(`{"n":${spec.offset}}`),
    inputType: "application/json",
    output: text(`{"n":${spec.offset}}`),
    outputType: "application/json",
    status: 200,
    latencyMs: null,
    attributes: null,
    log: LOG,
    partition: 0,
    ...spec,
  };
}

/** Rows first, first+1, … with the models in turn. */
export function rows(first: number, count: number, models: readonly string[]): CapturedRecord[] {
  return Array.from({ length: count }, (_, i) =>
    row({ model: models[i % models.length] as string, offset: BigInt(first + i) }),
  );
}

/**
 * One capture object of consecutive positions, sorted by model and position as capture does. Every other one is of an
 * older version, whose footer does not count the models.
 */
export async function writeCapture(
  store: Store,
  records: readonly CapturedRecord[],
  groupRows = 50,
  isCounted = (records[0]?.offset ?? 0n) % 2n === 0n,
): Promise<string> {
  const byOffset = records.map(({ offset }) => offset).sort((a, b) => (a < b ? -1 : 1));
  const first = byOffset[0] as bigint;
  const last = byOffset.at(-1) as bigint;
  const sorted = [...records].sort((a, b) =>
    a.model === b.model ? (a.offset < b.offset ? -1 : 1) : a.model < b.model ? -1 : 1,
  );
  const { log, partition } = records[0] as CapturedRecord;
  const writer = createObjectWriter(CAPTURES);
  for (let at = 0; at < sorted.length; at += groupRows) {
    const part = sorted.slice(at, at + groupRows);
    writer.rowGroup(
      Object.fromEntries(CAPTURES.columns.map(({ name }) => [name, part.map((r) => r[name as keyof CapturedRecord])])),
    );
  }
  const times = records.map(({ capturedAt }) => capturedAt);
  const footer: CaptureFooter = {
    log,
    partition,
    first: first.toString(),
    last: last.toString(),
    captured: records.length,
    rejected: 0,
    sampledOut: 0,
    tombstones: 0,
    absent: Number(last - first) + 1 - records.length,
    gaps: [],
    minTime: Math.min(...times),
    maxTime: Math.max(...times),
    firstSha: null,
    contentSha256: sha256Hex(...sorted.map((r) => `${r.offset}:${new TextDecoder().decode(r.input)}`)),
    rejects: null,
    ...(isCounted ? { models: countsOf(sorted.map(({ model }) => model)) } : {}),
  };
  const key = captureKey({ log, partition, first });
  await store.put(key, writer.finish(footer), { ifAbsent: true });
  return key;
}

export function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function sessionOf(
  store: Store,
  targets: WrittenConfig["targets"],
  options: { readonly signal?: AbortSignal; readonly counts?: Map<string, number> } = {},
): Session {
  const config: Config = { ...configSchema.parse({ targets }), modelPatterns: ["*"] };
  const output = memoryOutput();
  const add = (name: string, value: number): void => {
    options.counts?.set(name, (options.counts.get(name) ?? 0) + value);
  };
  return {
    config,
    configFile: undefined,
    store,
    log: createLogger({ output, clock: systemClock, format: "json", level: "info", quiet: false, color: false }),
    metrics: { count: add, gauge() {}, distribution: () => {}, check() {}, event() {}, async close() {} },
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
    streams: { stdin: process.stdin, stdout: output, stderr: output },
    flags: { json: false, quiet: true, color: false },
    version: "0.0.0-test",
  };
}

/** Commits of 7 rows, parking after 150 ms: everything happens within a test. */
export const QUICK: Tuning = {
  ...DEFAULT_TUNING,
  tickMs: 20,
  limits: { ...DEFAULT_TUNING.limits, commitRows: 7, commitAgeMs: 60, silentMs: 150 },
};

/** Settings of an HTTP target with short waits. */
export function httpTo(url: string, more: object = {}): NonNullable<WrittenConfig["targets"]>[string] {
  return {
    http: { url: `${url}/{model}/invocations` },
    timeout: "20s",
    retry: { attempts: 3, backoff: "2ms", maxWait: "2s" },
    ...more,
  };
}

/** Every stored result of a run; throws when a position is stored twice or a commit is not in order. */
export async function readResults(store: Store, run: string): Promise<ReplayedRecord[]> {
  const results = new Map<string, ReplayedRecord>();
  const numbers = new Map<string, number>();
  for await (const { key } of store.list(replaysPrefix(run))) {
    const id = parseCommitKey(key);
    if (!id) throw new Error(`not a commit: ${key}`);
    const unit = key.slice(0, key.lastIndexOf("~"));
    if (id.n !== (numbers.get(unit) ?? 0)) throw new Error(`commits of ${unit} are not numbered in turn`);
    numbers.set(unit, id.n + 1);
    const reader = await openObject(store, key, REPLAYS);
    let last = -1n;
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const columns = await reader.read(
        group,
        REPLAYS.columns.map(({ name }) => name),
      );
      for (let i = 0; i < (columns.offset?.length ?? 0); i++) {
        const record = Object.fromEntries(
          REPLAYS.columns.map(({ name }) => [name, columns[name]?.[i]]),
        ) as unknown as ReplayedRecord;
        const position = `${record.log}/${record.partition}/${record.offset}`;
        if (results.has(position)) throw new Error(`${position} is stored twice`);
        if (record.offset <= last) throw new Error(`${key} is not sorted`);
        last = record.offset;
        results.set(position, record);
      }
    }
  }
  return [...results.values()].sort((a, b) => (a.offset < b.offset ? -1 : 1));
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
