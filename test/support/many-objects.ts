/** A lake of very many capture objects, made cheaply: one body, with the places in its footer written over. */
import { parseCaptureFooter } from "../../src/lake/captures.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { captureKey, parseCaptureKey, rejectsKey } from "../../src/lake/keys.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import { CAPTURES, REJECTS } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";

/** Positions of one object: three rows and one reject. */
const POSITIONS = 4n;
/** Of so many digits that all positions are of one width, and texts can be written over in place. */
const START = 10n ** 12n;
const PARTITIONS = 6;
/** Every so many objects one has rejects. */
const REJECTS_EVERY = 10;
const LOG = "many@0badcafe";
const WRITES_AT_ONCE = 32;

/**
 * `count` capture objects over six partitions, each ending where the next begins; every tenth names a rejects
 * object. Rows hold positions of the template: footers and keys alone are true, which is what an audit reads.
 */
export async function fillManyObjects(store: Store, count: number): Promise<void> {
  const [plain, rejecting, rejected] = [template(false), template(true), rejectsTemplate()];
  const writing = new Set<Promise<unknown>>();
  for (let i = 0; i < count; i++) {
    const partition = i % PARTITIONS;
    const first = START + BigInt(Math.floor(i / PARTITIONS)) * POSITIONS;
    const place = { log: LOG, partition, first };
    const hasRejects = i % REJECTS_EVERY === 0;
    const sha = i.toString(16).padStart(64, "0").split("").reverse().join("");
    const write = async (): Promise<void> => {
      if (hasRejects) await store.put(rejectsKey(place, first + POSITIONS - 1n, sha), placed(rejected, place, sha));
      await store.put(captureKey(place), placed(hasRejects ? rejecting : plain, place, sha), { ifAbsent: true });
    };
    const written = write().finally(() => writing.delete(written));
    writing.add(written);
    if (writing.size >= WRITES_AT_ONCE) await Promise.race(writing);
  }
  await Promise.all(writing);
}

type Place = { readonly log: string; readonly partition: number; readonly first: bigint };

/** Stand-ins, each of the width of what takes its place, and found nowhere else in a body. */
const FIRST = "7700000000007";
const LAST = "7700000000008";
const PARTITION = 7;
const SHA = "c0ffee".repeat(11).slice(0, 64);
const STAND_IN = { log: LOG, partition: PARTITION, first: BigInt(FIRST) };

function placed(body: Uint8Array, { partition, first }: Place, sha: string): Uint8Array {
  const copy = Buffer.from(body);
  replaceAll(copy, FIRST, String(first));
  replaceAll(copy, LAST, String(first + POSITIONS - 1n));
  replaceAll(copy, SHA, sha);
  replaceAll(copy, SHA.slice(0, 8), sha.slice(0, 8));
  replaceAll(copy, `"partition":${PARTITION}`, `"partition":${partition}`);
  replaceAll(copy, `/${PARTITION}/`, `/${partition}/`);
  return copy;
}

function replaceAll(bytes: Buffer, from: string, to: string): void {
  if (from.length !== to.length) throw new Error(`${to} does not take the place of ${from}`);
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + to.length)) bytes.write(to, at, "latin1");
}

function template(hasRejects: boolean): Uint8Array {
  const rows = hasRejects ? 3 : 4;
  const column = <T>(value: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => value(row));
  const writer = createObjectWriter(CAPTURES);
  writer.rowGroup({
    id: column((row) => `id-${row}`),
    model: column(() => "many/model"),
    modelVersion: column(() => null),
    capturedAt: column((row) => 1_700_000_000_000 + row),
    capturedAtFromMessage: column(() => false),
    input: column(() => Buffer.from('{"x":1}')),
    inputType: column(() => "application/json"),
    output: column(() => Buffer.from('{"y":2}')),
    outputType: column(() => "application/json"),
    status: column(() => 200),
    latencyMs: column(() => null),
    attributes: column(() => null),
    log: column(() => LOG),
    partition: column(() => PARTITION),
    offset: column((row) => BigInt(row)),
  });
  const footer: CaptureFooter = {
    log: LOG,
    partition: PARTITION,
    first: FIRST,
    last: LAST,
    captured: rows,
    rejected: hasRejects ? 1 : 0,
    sampledOut: 0,
    tombstones: 0,
    absent: 0,
    gaps: [],
    minTime: 1_700_000_000_000,
    maxTime: 1_700_000_000_000 + rows - 1,
    firstSha: "0".repeat(64),
    contentSha256: "0".repeat(64),
    rejects: hasRejects ? { key: rejectsKey(STAND_IN, BigInt(LAST), SHA), rows: 1, sha256: SHA } : null,
  };
  const body = writer.finish(footer);
  check(placed(body, { log: LOG, partition: 1, first: START }, SHA), footer);
  return body;
}

/** A template that is not what it should be would only show as a hundred thousand faults. */
function check(body: Uint8Array, footer: CaptureFooter): void {
  const text = Buffer.from(body).toString("latin1");
  const json = /\{"log":"many@0badcafe".*?"schema":\d+\}/.exec(text)?.[0];
  const range = parseCaptureKey(captureKey({ log: LOG, partition: 1, first: START }));
  if (json === undefined || !range) throw new Error("the footer is not to be found");
  parseCaptureFooter("template", JSON.parse(json), range, footer.captured);
}

function rejectsTemplate(): Uint8Array {
  const writer = createObjectWriter(REJECTS);
  writer.rowGroup({
    reason: ["bad_json"],
    detail: ["not JSON at byte 0"],
    key: [null],
    value: [Buffer.from("{")],
    headers: ["[]"],
    timestamp: [1_700_000_000_000],
    log: [LOG],
    partition: [PARTITION],
    offset: [3n],
  });
  return writer.finish({ log: LOG, partition: PARTITION, first: FIRST, last: LAST, rows: 1 });
}
