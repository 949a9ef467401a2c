/** Topics as other producers fill them: all codecs mixed, damage, bombs, large messages, events, headers. */
import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { opensslIsHere } from "../support/certificates.ts";
import { runCli, runJson, startCli } from "../support/cli.ts";
import { type Compression, createTopic, produce } from "../support/kafka.ts";
import { kafkajsProduce } from "../support/kafkajs-producer.ts";
import { duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";
import { jarsAreHere, MESSAGE_MAX_BYTES, type SecureBroker, startSecureBroker } from "./lib/secure-broker.ts";

const noBroker = requireOrSkip("services not installed as programs: npm run services", jarsAreHere());
const skip = requireOrSkip("openssl missing", opensslIsHere()) || noBroker;
const CODECS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const MIB = 1024 * 1024;

let dir = "";
let broker: SecureBroker;
let topics = 0;

interface Capture {
  readonly format?: string;
  readonly map?: Readonly<Record<string, string | readonly string[]>>;
  readonly memory?: string;
}

/** A topic of its own with one partition, and a folder whose config captures it. */
async function setUp({ format, ...capture }: Capture = {}): Promise<{ cwd: string; topic: string; at: string }> {
  const topic = `wild-${topics++}`;
  const at = broker.address.plain;
  await createTopic(at, topic, 1, { "max.message.bytes": String(MESSAGE_MAX_BYTES) });
  const cwd = await mkdtemp(join(dir, `${topic}-`));
  const kafka = { brokers: [at], topics: [topic], group: topic, ...(format === undefined ? {} : { format }) };
  const settings = { source: { kafka }, maxRejectRate: 1, ...capture };
  await writeFile(join(cwd, "cutover.yaml"), JSON.stringify({ store: "./data", capture: settings }));
  return { cwd, topic, at };
}

const capture = (cwd: string) => runJson<Record<string, number>>(["capture", "--until", "end"], { cwd });
const rows = (cwd: string, columns: string, dataset = "captures") =>
  duckdb(`select ${columns} from '${cwd}/data/${dataset}/**/*.parquet' order by "offset"`);

/** Envelopes that compress, and in which every byte is told apart. */
function envelope(id: string, bytes: number): string {
  return `{"id":"${id}","model":"m","input":{"n": 1.0,"id":"${id}","x":"${`${id}é😀 `.repeat(Math.ceil(bytes / 20))}"},"output":[9007199254740993]}`;
}

describe.skipIf(skip)("Kafka as found in the wild", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-wild-"));
    broker = await startSecureBroker(join(dir, "broker"));
  }, 240_000);
  afterAll(async () => {
    await broker?.stop();
    await rm(dir, { recursive: true, force: true });
  }, 60_000);

  test("one partition that mixes every codec of three producers is captured byte for byte", async () => {
    const { cwd, topic, at } = await setUp();
    const sent: string[] = [];
    const values = (name: string, size: number) =>
      Array.from({ length: 40 }, (_, i) => envelope(`${name}-${i}`, size * i));
    for (const codec of CODECS) {
      const [ours, theirs, java] = [values(`p-${codec}`, 90), values(`k-${codec}`, 400), values(`j-${codec}`, 90)];
      await produce(
        at,
        topic,
        ours.map((value) => ({ value })),
        codec,
      );
      await kafkajsProduce(
        at,
        topic,
        theirs.map((value) => ({ value })),
        codec,
      );
      await broker.javaProduce(topic, codec, java);
      sent.push(...ours, ...theirs, ...java);
    }
    expect(await codecsOf(topic)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(await capture(cwd)).toMatchObject({ consumed: sent.length, captured: sent.length });
    const found = await rows(cwd, "id, decode(input) as input, decode(output) as output");
    const inputs = sent.map((value) => {
      const { id } = JSON.parse(value) as { id: string };
      return {
        id,
        input: value.slice(value.indexOf('{"n"'), value.indexOf(',"output"')),
        output: "[9007199254740993]",
      };
    });
    expect(found).toEqual(inputs);
  });

  test.each(["gzip", "snappy", "lz4", "zstd", "none"] as const)(
    "a damaged batch (%s) ends the capture where it stands",
    async (codec) => {
      const { cwd, topic, at } = await setUp();
      await produce(at, topic, [{ value: envelope("before", 100) }]);
      await produce(at, topic, [{ value: envelope("damaged", 2_000) }], codec);
      await damage(topic);
      const { code, stderr } = await runCli(["capture", "--until", "end"], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain("SOURCE_CORRUPT");
      expect(stderr).toContain(`${topic}/0/1`);
      // What came before it is durable, and nothing of it.
      expect(await rows(cwd, "id")).toEqual([{ id: "before" }]);
      expect(await runJson(["captures", "--audit"], { cwd })).toMatchObject({
        ok: true,
        sums: { consumed: 1, captured: 1 },
      });
    },
  );

  test.each(["gzip", "lz4", "zstd"] as const)(
    "a batch that unpacks to more than the limit (%s) is told, and takes no memory",
    async (codec) => {
      const { cwd, topic, at } = await setUp();
      const part = Buffer.alloc(LIMITS.recordBatchBytes / 2 + 1);
      await kafkajsProduce(at, topic, [{ value: part }, { value: part }], codec);
      const { code, stderr } = await runCli(["capture", "--until", "end"], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain(`it has more than ${LIMITS.recordBatchBytes} bytes`);
      expect(stderr).toContain(`${topic}/0/0`);
    },
  );

  test("messages up to 10 MiB are captured whole, larger ones are rejected, and memory is bounded", async () => {
    const { cwd, topic, at } = await setUp({ memory: "256MiB" });
    const sized = (id: string, bytes: number): string => {
      const [head, tail] = [`{"id":"${id}","model":"m","output":1,"input":"`, '"}'];
      return head + id.slice(0, 1).repeat(bytes - head.length - tail.length) + tail;
    };
    const large = LIMITS.messageBytes;
    const messages = ["a", "b", "c", "d", "e", "f", "g", "h"].map((id) => ({ value: sized(id, large), partition: 0 }));
    await produce(at, topic, [{ value: envelope("small", 10) }, ...messages]);
    await produce(at, topic, [
      { value: sized("over", large + 1) },
      { value: sized("far", 40 * MIB) },
      { value: envelope("last", 10) },
    ]);
    const { child, done } = startCli(["capture", "--until", "end", "--json"], { cwd });
    let peak = 0;
    while (child.exitCode === null && child.signalCode === null) {
      peak = Math.max(peak, await residentPeak(child.pid ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { stdout, stderr } = await done;
    expect(JSON.parse(stdout || stderr)).toMatchObject({ consumed: 12, captured: 10, rejected: 2 });
    const found = await rows(cwd, "id, octet_length(input) bytes, md5(input) sum");
    const quoted = (id: string) =>
      `"${id.repeat(large - sized(id, large).indexOf('"input":"') - '"input":"'.length - 2)}"`;
    for (const [i, id] of ["a", "b", "c", "d", "e", "f", "g", "h"].entries()) {
      expect(found[i + 1]).toEqual({ id, bytes: BigInt(quoted(id).length), sum: md5(quoted(id)) });
    }
    const rejected = await rows(cwd, 'reason, octet_length("value") bytes', "rejects");
    expect(rejected.map(({ reason }) => reason)).toEqual(["too_large", "too_large"]);
    for (const { bytes } of rejected) expect(bytes).toBe(BigInt(large));
    if (process.platform === "linux") expect(peak / MIB).toBeLessThan(600);
  });

  test("CloudEvents of both modes become the same records, and what is no event is rejected", async () => {
    const { cwd, topic, at } = await setUp({
      format: "cloudevents",
      map: { id: "ce:id", model: "ce:subject", attributes: "$.tags" },
    });
    const data = '{"input": [1.0 ],"output":{"a":1e5},"tags":{"k":"v"}}';
    const structured = { "content-type": "application/cloudevents+json; charset=UTF-8" };
    const around = (id: string, member: string) =>
      `{"specversion":"1.0","id":"${id}","source":"/s","type":"t","subject":"m",${member}}`;
    await kafkajsProduce(at, topic, [
      { value: around("s", `"data": ${data}`), headers: structured },
      { value: around("b64", `"data_base64":"${Buffer.from(data).toString("base64")}"`), headers: structured },
      {
        value: data,
        headers: {
          ce_specversion: "1.0",
          ce_id: "b",
          ce_source: "/s",
          ce_type: "t",
          ce_subject: "m",
          "content-type": "application/json",
        },
      },
      { value: `[${around("x", '"data":1')}]`, headers: { "content-type": "application/cloudevents-batch+json" } },
      { value: data },
    ]);
    expect(await capture(cwd)).toMatchObject({ captured: 3, rejected: 2 });
    const same = { model: "m", input: "[1.0 ]", output: '{"a":1e5}', tags: '{"k":"v"}' };
    const columns = "id, model, decode(input) as input, decode(output) as output, attributes as tags";
    expect(await rows(cwd, columns)).toEqual(["s", "b64", "b"].map((id) => ({ id, ...same })));
    expect(await rows(cwd, "reason", "rejects")).toEqual([{ reason: "not_event" }, { reason: "not_event" }]);
  });

  test("ids come from what is there: headers of text and bytes, key, position", async () => {
    const { cwd, topic, at } = await setUp({ map: { id: "auto" } });
    const value = '{"model":"m","input":1,"output":2}';
    const bytes = Buffer.from([0, 255, 16]);
    await kafkajsProduce(at, topic, [
      { value, headers: { "X-Request-Id": "r", kafka_correlationId: bytes } },
      { value, headers: { kafka_correlationId: bytes }, key: "k" },
      { value, headers: { "x-request-id": ["one", "two"] } },
      { value, key: "k" },
      { value },
    ]);
    expect(await capture(cwd)).toMatchObject({ captured: 4, rejected: 1 });
    expect((await rows(cwd, "id")).map(({ id }) => id)).toEqual(["r", "00ff10", "k", `${topic}/0/4`]);
    expect(await rows(cwd, 'reason, "offset"', "rejects")).toEqual([{ reason: "duplicate_member", offset: 2n }]);
  });
});

async function logFile(topic: string): Promise<string> {
  const folder = broker.logFolder(topic, 0);
  const name = (await readdir(folder)).find((file) => file.endsWith(".log"));
  return join(folder, name ?? "none");
}

/** Codecs of the batches as the broker holds them. */
async function codecsOf(topic: string): Promise<Set<number>> {
  const bytes = await readFile(await logFile(topic));
  const codecs = new Set<number>();
  for (let at = 0; at + 61 <= bytes.length && bytes[at + 16] === 2; at += 12 + bytes.readInt32BE(at + 8)) {
    codecs.add((bytes[at + 22] as number) & 7);
  }
  return codecs;
}

/** Turns one byte in the last batch of the log, as a disk would. */
async function damage(topic: string): Promise<void> {
  const file = await open(await logFile(topic), "r+");
  try {
    const { size } = await file.stat();
    let last = 0;
    const bytes = await file.readFile();
    for (let at = 0; at + 61 <= size && bytes[at + 16] === 2; at += 12 + bytes.readInt32BE(at + 8)) last = at;
    const end = last + 12 + bytes.readInt32BE(last + 8);
    const at = Math.floor((last + 61 + end) / 2);
    await file.write(Buffer.from([(bytes[at] as number) ^ 0x20]), 0, 1, at);
  } finally {
    await file.close();
  }
}

/** Highest resident bytes of a process so far; 0 when it has gone. */
async function residentPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
