/**
 * `node bench/plan.ts [--objects N] [--rows N] [--models N] [--s3] [--keep]`: fills a store with capture objects (1,000
 * of 5,000 rows, 400 models) and plans a replay of them as a user does, by each kind of selection; prints seconds, CPU
 * and peak memory. The store is a temporary folder, or (`--s3`) a bucket of the test server. No peer stands beside it.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sha256Hex } from "../src/hash.ts";
import type { CaptureFooter } from "../src/lake/footer.ts";
import { captureKey } from "../src/lake/keys.ts";
import type { ByteColumn, PackedColumn } from "../src/parquet/types.ts";
import { createObjectWriter } from "../src/parquet/write.ts";
import { CAPTURES } from "../src/record.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/port.ts";
import { runCutover } from "./lib/cutover.ts";
import { type Site, withSite } from "./lib/site.ts";

const TIMEOUT_MS = 600_000;
const LOG = "plan@0badcafe";
const PARTITIONS = 12;
/** A day of traffic in an object, so that a time range takes some of them whole and cuts others. */
const START = Date.UTC(2026, 0, 1);
const ROW_MS = 1_000;
const ROW_GROUPS = 4;
const PAYLOAD_BYTES = 120;

interface Size {
  readonly objects: number;
  readonly rows: number;
  readonly models: number;
}

async function fill(store: Store, { objects, rows, models }: Size): Promise<void> {
  const names = Array.from({ length: models }, (_, i) => `client-${i % 20}/model-${String(i).padStart(3, "0")}`).sort();
  const group = Math.ceil(rows / ROW_GROUPS);
  const payload = payloads(group);
  for (let i = 0; i < objects; i++) {
    const first = BigInt(Math.floor(i / PARTITIONS) * rows);
    const range = { log: LOG, partition: i % PARTITIONS, first };
    const from = START + Number(first) * ROW_MS;
    const writer = createObjectWriter(CAPTURES);
    for (let at = 0; at < rows; at += group) {
      writer.rowGroup(columns(range, { at, count: Math.min(group, rows - at), rows, from, names }, payload));
    }
    await store.put(captureKey(range), writer.finish(footerOf(range, { rows, from, names }, i)), { ifAbsent: true });
  }
}

type Place = { readonly log: string; readonly partition: number; readonly first: bigint };

interface Slice {
  /** First row of the row group in its object, and rows. */
  readonly at: number;
  readonly count: number;
  readonly rows: number;
  /** UTC milliseconds of the object's first row. */
  readonly from: number;
  readonly names: readonly string[];
}

/** Rows are sorted by model; each model's are spread over the object's time. */
function columns(place: Place, { at, count, rows, from, names }: Slice, payload: ByteColumn) {
  const each = (value: (row: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => value(at + i));
  const offset = each((row) => (row * 7_919) % rows);
  const numbers = (values: Float64Array, base?: bigint) => (): PackedColumn => ({
    rows: count,
    numbers: values,
    ...(base === undefined ? {} : { base }),
  });
  const word = (words: readonly string[], of: (row: number) => number) => (): PackedColumn => {
    return { rows: count, words, word: Int32Array.from({ length: count }, (_, i) => of(at + i)) };
  };
  const bytes = (): PackedColumn => ({ ...payload, rows: count });
  const ids = Array.from(
    { length: count },
    (_, i) => `${place.partition}-${place.first + BigInt(offset[i] as number)}`,
  );
  return {
    id: () => ids,
    model: word(names, (row) => Math.floor((row * names.length) / rows)),
    modelVersion: word([], () => -1),
    capturedAt: numbers(offset.map((value) => from + value * ROW_MS)),
    capturedAtFromMessage: numbers(each(() => 0)),
    input: bytes,
    inputType: word(["application/json"], () => 0),
    output: bytes,
    outputType: word(["application/json"], () => 0),
    status: numbers(each(() => 200)),
    latencyMs: numbers(each((row) => 20 + (row % 80))),
    attributes: () => new Array<null>(count).fill(null),
    log: word([LOG], () => 0),
    partition: numbers(each(() => place.partition)),
    offset: numbers(offset, place.first),
  };
}

function payloads(rows: number): ByteColumn {
  const index = Int32Array.from({ length: rows }, (_, i) => i);
  return {
    rows,
    chunks: [randomBytes(rows * PAYLOAD_BYTES)],
    chunk: new Int32Array(rows),
    start: index.map((i) => i * PAYLOAD_BYTES),
    length: index.map(() => PAYLOAD_BYTES),
  };
}

function footerOf(
  { log, partition, first }: Place,
  { rows, from, names }: Pick<Slice, "rows" | "from" | "names">,
  index: number,
): CaptureFooter {
  // As capture writes them, so that a plan of whole models needs no column.
  const begin = (model: number): number => Math.ceil((model * rows) / names.length);
  return {
    log,
    partition,
    first: `${first}`,
    last: `${first + BigInt(rows) - 1n}`,
    captured: rows,
    rejected: 0,
    sampledOut: 0,
    tombstones: 0,
    absent: 0,
    gaps: [],
    minTime: from,
    maxTime: from + (rows - 1) * ROW_MS,
    firstSha: null,
    contentSha256: sha256Hex(`${index}`),
    rejects: null,
    models: Object.fromEntries(names.map((name, i) => [name, begin(i + 1) - begin(i)])),
  };
}

const SELECTIONS: readonly (readonly string[])[] = [
  [],
  ["--model", "client-7/*"],
  ["--since", "2026-01-01T02:00:00Z", "--until", "2026-01-02T03:00:00Z"],
  ["--sample", "0.01"],
  ["--limit", "100"],
];

async function measure({ dir, store, s3 }: Site, size: Size): Promise<void> {
  const targets = {
    t: { http: { url: "http://127.0.0.1:9/{model}" }, price: { perRequest: 0.0001, gbSecond: 0.00002, memoryGb: 2 } },
  };
  await writeFile(join(dir, "cutover.yaml"), JSON.stringify({ store, s3, targets }));
  const opened = await openStore(store, s3);
  await fill(opened, size);
  await opened.close();
  say(
    `${size.objects} objects of ${size.rows} rows, ${size.models} models, ${store.startsWith("s3:") ? "S3" : "folder"}`,
  );
  for (const flags of SELECTIONS) {
    const run = await runCutover(["replay", "--target", "t", "--dry-run", ...flags], {
      cwd: dir,
      timeoutMs: TIMEOUT_MS,
    });
    const { planned, models } = run.output as { planned: number; models: object };
    const { cpuSeconds, peakMb } = run.usage;
    say(
      `${flags.join(" ") || "all"}: ${planned} of ${Object.keys(models).length} models planned in ` +
        `${run.seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s, peak ${peakMb.toFixed(0)} MB`,
    );
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      objects: { type: "string", default: "1000" },
      rows: { type: "string", default: "5000" },
      models: { type: "string", default: "400" },
      s3: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const { s3, keep } = values;
  const size = { objects: Number(values.objects), rows: Number(values.rows), models: Number(values.models) };
  const kept = await withSite({ name: "plan", s3, keep }, (site) => measure(site, size));
  if (kept !== undefined) say(`kept: ${kept}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
