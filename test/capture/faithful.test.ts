/** Bytes are sacred, the whole way: hostile messages through mapping, recorder and Parquet, read again by DuckDB. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "../../capture/port.ts";
import { createLedger } from "../../capture/ranges/ledger.ts";
import { createRecorder } from "../../capture/ranges/recorder.ts";
import { configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";
import { seededRandom } from "../../src/random.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { isJson, type Node, nameOf, parseSpans } from "../fuzz/json-oracle.ts";
import { below, generate, mutate, pick, type Random } from "../fuzz/mutate.ts";
import { duckdb } from "../support/lake.ts";
import { fakeClock } from "./ranges/simulation.ts";

const MESSAGES = 1_500;
const PARTITIONS = 3;

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-faithful-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

interface Row {
  readonly partition: number;
  readonly offset: bigint;
  readonly a: string | null;
  readonly b: string | null;
  readonly reason: string | null;
}

/** What DuckDB finds at each position, bytes in hexadecimal: input and output of a capture, value and key of a reject. */
async function captured(messages: readonly Message[], capture: WrittenConfig["capture"]): Promise<Map<number, Row>> {
  const store = memoryStore();
  const settings = configSchema.parse({ capture: { maxRejectRate: 1, ...capture } }).capture;
  const recorder = createRecorder({ ledger: createLedger(store), settings, clock: fakeClock() });
  const sinks = Array.from({ length: PARTITIONS }, (_, partition) =>
    recorder.open(
      { log: "topic@00000000", partition },
      { next: 0n, readableFrom: 0n },
      { durable: async () => {}, moved: () => {} },
    ),
  );
  for (const [i, message] of messages.entries()) sinks[i % PARTITIONS]?.accept(message);
  await recorder.flush();
  recorder.failed.throwIfAborted();
  for (const dataset of ["captures", "rejects"]) {
    for await (const { key } of store.list(`${dataset}/`)) {
      await mkdir(dirname(join(dir, key)), { recursive: true });
      await writeFile(join(dir, key), await store.get(key));
    }
  }
  const read = (dataset: string, columns: string): Promise<Row[]> =>
    duckdb(`select "partition", "offset", ${columns} from '${dir}/${dataset}/**/*.parquet'`) as unknown as Promise<
      Row[]
    >;
  const rows = [
    ...(await read("captures", "hex(input) as a, hex(output) as b, null as reason")),
    ...(await read("rejects", "hex(value) as a, hex(key) as b, reason")),
  ];
  const found = new Map(rows.map((row) => [Number(row.offset) * PARTITIONS + row.partition, row]));
  expect(rows).toHaveLength(messages.length);
  expect(found.size, "every position once").toBe(messages.length);
  return found;
}

const hex = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString("hex").toUpperCase();

function messageAt(i: number, value: Uint8Array, rest: Partial<Message> = {}): Message {
  const offset = BigInt(Math.floor(i / PARTITIONS));
  return { offset, timestamp: i, key: null, headers: [], ...rest, value, valueBytes: value.length };
}

/** An envelope around two payloads that may be anything, and some members that nobody asked for. */
function envelope(random: Random, i: number): Buffer {
  const corpus = [generate(random), generate(random), Buffer.from('"\\ud83d\\ude00\\u0000x"')];
  const payload = (): Uint8Array => (random() < 0.85 ? generate(random) : mutate(random, pick(random, corpus), corpus));
  const type = pick(random, ["", "", '"inputType":"text/csv",', '"inputType":"application/json",']);
  const extra = pick(random, ["", "", ',"x":[1.0]', ',"\\u0078":"y","x":1', ',"input":2', ',"input_base64":"aGk="']);
  const parts = [`{"id":"r${i}",${type}"model":"m", "input" :`, payload(), '\n,"output":', payload(), `${extra}}`];
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

const memberOf = (root: Node, name: string): Node | undefined => root.members.find(([n]) => n === name)?.[1];

/** The bytes that stand for a member: of a text its content, else what stands there. */
function payloadOf(value: Buffer, root: Node, name: string, text: boolean): string | null {
  const node = memberOf(root, name);
  if (!node) return null;
  const span = value.subarray(node.start, node.end);
  if (!text || node.kind !== "string") return hex(span);
  return hex(Buffer.from(nameOf(span.subarray(1, -1).toString("latin1")), "latin1"));
}

describe("from the message to an independent reader, every byte is the same", { timeout: 120_000 }, () => {
  test.each([1, 2, 3])("for payloads in an envelope: seed %i", async (seed) => {
    const random = seededRandom(seed);
    const values = Array.from({ length: MESSAGES }, (_, i) => envelope(random, i));
    const rotate = { records: 40 + below(random, 400), bytes: `${20 + below(random, 200)}KiB` };
    const found = await captured(
      values.map((value, i) => messageAt(i, value)),
      { rotate },
    );
    let kept = 0;
    for (const [i, value] of values.entries()) {
      const row = found.get(i);
      const tree = isJson(value) ? parseSpans(value) : undefined;
      const names = tree?.members.map(([name]) => name) ?? [];
      const lawful = tree !== undefined && tree.depth <= LIMITS.jsonDepth && new Set(names).size === names.length;
      if (row?.reason !== null) {
        expect(row, value.toString("latin1")).toMatchObject({ a: hex(value), b: null });
        if (lawful) expect(row?.reason).toBe("bad_field");
        continue;
      }
      kept++;
      expect(lawful, value.toString("latin1")).toBe(true);
      const type = memberOf(tree as Node, "inputType");
      const text = type !== undefined && value.subarray(type.start, type.end).includes("csv");
      expect(row.a).toBe(payloadOf(value, tree as Node, "input", text));
      expect(row.b).toBe(payloadOf(value, tree as Node, "output", false));
    }
    expect(kept).toBeGreaterThan(MESSAGES / 4);
    expect(kept).toBeLessThan((MESSAGES * 3) / 4);
  });

  test("for any bytes as value and header", async () => {
    const random = seededRandom(4);
    const any = (): Buffer => Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256)));
    const messages = Array.from({ length: MESSAGES }, (_, i) => {
      const key = random() < 0.9 ? Buffer.from(`k${i}`) : Buffer.from([0xff, i & 0xff]);
      return messageAt(i, any(), {
        key,
        headers: [
          ["Answer", any()],
          ["m", Buffer.from("m")],
        ],
      });
    });
    const map = { id: "key", model: "header:m", input: "value", output: "header:answer" };
    const found = await captured(messages, { map, rotate: { records: 100 } });
    for (const [i, { value, key, headers }] of messages.entries()) {
      const empty = value?.length === 0;
      const rejected = empty || key?.[0] === 0xff;
      expect(found.get(i)).toMatchObject(
        rejected
          ? { reason: empty ? "empty" : "bad_field", a: hex(value), b: hex(key) }
          : { reason: null, a: hex(value), b: hex(headers[0]?.[1] ?? null) },
      );
    }
  });
});
