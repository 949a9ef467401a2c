/** A lake of captured requests of 1 KB for one model, in objects as capture writes them, and the targets that they go to. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../src/hash.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { captureKey } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import { CAPTURES } from "../../src/record.ts";
import { localStore } from "../../src/store/local.ts";

export const IN_FLIGHT = 64;
export const ENDPOINT = "ep1";
export const REGION = "us-east-1";
/** What every contender sends: 1,024 bytes. */
export const INPUT = `{"input":"${"lorem ipsum ".repeat(84)}"}`.padEnd(1_024);

const LOG = "bench@00000000";
const START = 1_761_955_200_000;
/** About what 64 MiB of such messages are, where capture begins the next object. */
const OBJECT_ROWS = 50_000;
const ROW_GROUP_ROWS = Math.floor(LIMITS.rowGroupBytes / (INPUT.length + 200));

/** Its config, for replays to the endpoint behind `url`. */
export async function writeLake(dir: string, records: number, url: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const config = join(dir, "cutover.yaml");
  const pace = { concurrency: { perEndpoint: IN_FLIGHT, total: IN_FLIGHT, adaptive: false } };
  const targets = {
    http: { http: { url: `${url}/endpoints/${ENDPOINT}/invocations` }, ...pace },
    sagemaker: { sagemaker: { endpoint: ENDPOINT, region: REGION, url }, ...pace },
  };
  await writeFile(config, JSON.stringify({ store: "./data", targets }));
  const store = localStore(join(dir, "data"));
  for (let first = 0; first < records; first += OBJECT_ROWS) {
    const rows = Math.min(OBJECT_ROWS, records - first);
    const key = captureKey({ log: LOG, partition: 0, first: BigInt(first) });
    await store.put(key, captureObject(first, rows), { ifAbsent: true });
  }
  await store.close();
  return config;
}

function captureObject(first: number, rows: number): Uint8Array {
  const writer = createObjectWriter(CAPTURES);
  for (let at = 0; at < rows; at += ROW_GROUP_ROWS) {
    writer.rowGroup(columns(first + at, Math.min(ROW_GROUP_ROWS, rows - at)));
  }
  const last = first + rows - 1;
  const footer: CaptureFooter = {
    log: LOG,
    partition: 0,
    first: String(first),
    last: String(last),
    captured: rows,
    rejected: 0,
    sampledOut: 0,
    tombstones: 0,
    absent: 0,
    gaps: [],
    minTime: START + first,
    maxTime: START + last,
    firstSha: null,
    contentSha256: sha256Hex(`${first}-${last}`),
    rejects: null,
  };
  return writer.finish(footer);
}

function columns(first: number, count: number): Record<string, unknown[]> {
  const fill = <T>(value: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => value(first + i));
  const input = Buffer.from(INPUT);
  const output = Buffer.from('{"score":0.5}');
  const same = {
    model: "m",
    modelVersion: null,
    capturedAtFromMessage: false,
    input,
    inputType: "application/json",
    output,
    outputType: "application/json",
    status: 200,
    latencyMs: null,
    attributes: null,
    log: LOG,
    partition: 0,
  };
  const constant = Object.fromEntries(Object.entries(same).map(([name, value]) => [name, fill(() => value)]));
  const idOf = (i: number): string => `${(Math.imul(i, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-${i}`;
  return { ...constant, id: fill(idOf), capturedAt: fill((i) => START + i), offset: fill(BigInt) };
}
