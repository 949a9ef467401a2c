/**
 * The pairs of the compare bench: captures written by our own capture, replays in the commits our own replay
 * would write, so that every contender reads the same files.
 */
import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { captureFooterSchema } from "../../src/lake/footer.ts";
import { capturesPrefix, commitKey, parseCaptureKey, runKey } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { readMeta } from "../../src/parquet/read.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import { seededRandom } from "../../src/random.ts";
import { CAPTURES, REPLAYS } from "../../src/record.ts";
import { localStore } from "../../src/store/local.ts";
import { createWords, MODELS, modelName, type OutputPair, outputPairs, type PairShares } from "./content.ts";
import { runCutover } from "./cutover.ts";

export const RUN = "bench";
const INPUT_TEXT_CHARS = 640;
const START = 1_761_955_200_000;

/** Captures and replays of `records` pairs under `dir`; the path of a config to be written there by the caller. */
export async function writePairs(dir: string, records: number, shares?: PairShares): Promise<string> {
  await mkdir(dir, { recursive: true });
  const config = join(dir, "cutover.yaml");
  const traffic = join(dir, "traffic.ndjson");
  await writeFile(config, JSON.stringify({ store: "./data", capture: { source: { files: ["traffic.ndjson"] } } }));
  await pipeline(trafficLines(records, shares), createWriteStream(traffic));
  await runCutover(["capture", "--config", config]);
  await rm(traffic);
  await writeReplays(join(dir, "data"), shares);
  return config;
}

function* trafficLines(records: number, shares?: PairShares): Generator<string> {
  const words = createWords(seededRandom(1));
  const next = outputPairs(shares);
  for (let i = 0; i < records; i++) {
    const head = `"id":"${idOf(i)}","model":"${modelOf(i)}","capturedAt":${START + i},"latencyMs":12.5`;
    const input = `{"user":${i},"text":"${words.text(INPUT_TEXT_CHARS)}"}`;
    yield `{${head},"input":${input},"output":${next().legacy}}\n`;
  }
}

const idOf = (i: number): string =>
  `${(Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-${String(i).padStart(8, "0")}`;
const modelOf = (i: number): string => modelName((Math.imul(i, 0x85ebca6b) >>> 0) % MODELS);

/** Lines are positions, so the second pass over the generator meets the ranges in their order. */
async function writeReplays(root: string, shares?: PairShares): Promise<void> {
  const store = localStore(root);
  const next = outputPairs(shares);
  const objects: Run["objects"] = [];
  const models: Record<string, number> = {};
  for await (const info of store.list(capturesPrefix)) {
    const range = parseCaptureKey(info.key);
    if (!range) throw new Error(`not a capture object: ${info.key}`);
    const footer = captureFooterSchema.parse((await readMeta(store, info.key, CAPTURES, { info })).meta);
    const { captured: rows, contentSha256 } = footer;
    objects.push({ key: info.key, bytes: info.size, etag: info.etag, contentSha256, rows, selected: rows });
    const last = Number(footer.last);
    for (let first = Number(footer.first), n = 0; first <= last; first += LIMITS.commitRows, n++) {
      const count = Math.min(LIMITS.commitRows, last - first + 1);
      const columns = commitColumns(range.log, first, count, next, models);
      const writer = createObjectWriter(REPLAYS);
      writer.rowGroup(columns);
      await store.put(commitKey(RUN, range, 0, n), writer.finish({ run: RUN, rows: count }));
    }
  }
  await store.put(runKey(RUN), Buffer.from(JSON.stringify(runOf(objects, models))));
  await store.close();
}

function commitColumns(
  log: string,
  first: number,
  count: number,
  next: () => OutputPair,
  models: Record<string, number>,
): Record<string, unknown[]> {
  const fill = <T>(value: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => value(first + i));
  for (const model of fill(modelOf)) models[model] = (models[model] ?? 0) + 1;
  return {
    id: fill(idOf),
    model: fill(modelOf),
    target: fill(() => "candidate"),
    outcome: fill(() => "ok"),
    errorClass: fill(() => null),
    errorDetail: fill(() => null),
    status: fill(() => 200),
    output: fill(() => Buffer.from(next().candidate)),
    outputType: fill(() => "application/json"),
    variant: fill(() => null),
    latencyMs: fill(() => 11.5),
    attempts: fill(() => 1),
    throttles: fill(() => 0),
    coldStart: fill(() => null),
    replayedAt: fill((i) => START + i),
    log: fill(() => log),
    partition: fill(() => 0),
    offset: fill((i) => BigInt(i)),
  };
}

function runOf(objects: Run["objects"], models: Record<string, number>): Run {
  return {
    version: 1,
    run: RUN,
    queryHash: "bench",
    generation: 0,
    createdAt: START,
    query: { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null },
    target: { name: "candidate", kind: "http", hash: "bench" },
    transform: null,
    buckets: 1,
    objects,
    models,
    planned: objects.reduce((sum, { selected }) => sum + selected, 0),
    toolVersion: "bench",
  };
}
