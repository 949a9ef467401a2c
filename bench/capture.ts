/** Capture: messages of about 1 KB from a topic of 6 partitions, 400 models, to the S3 server as Parquet. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { runCutover } from "./lib/cutover.ts";
import { fillTopic } from "./lib/fill-topic.ts";
import { type Contender, interleave } from "./lib/interleave.ts";
import { runProgram, type Sample, toSample } from "./lib/measure.ts";
import { withServices } from "./lib/services.ts";
import type { BenchOptions, MemoryResult, StageResult } from "./lib/stage.ts";

const PARTITIONS = 6;
const PEERS = ["parquetjs-lite", "kafkajs-drop"] as const;

interface Bench {
  readonly kafka: string;
  readonly s3: string;
  readonly bucket: string;
  readonly dir: string;
}

export async function benchCapture(options: BenchOptions): Promise<StageResult> {
  return withServices(async ({ kafka, s3 }) => {
    const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
    const bench: Bench = { kafka, s3, bucket: `bench-${Date.now().toString(36)}`, dir };
    try {
      await makeBucket(bench);
      const topic = `bench-${options.records}-${Date.now().toString(36)}`;
      options.progress(`filling ${topic}: ${options.records} messages, ${PARTITIONS} partitions`);
      const bytes = await fillTopic({ broker: kafka, topic, partitions: PARTITIONS, count: options.records });
      const peers = PEERS.map((name): Contender => ({ name, run: () => runPeer(bench, name, topic, options.records) }));
      const ours: Contender = { name: "cutover", run: (round) => runOurs(bench, topic, options.records, `r${round}`) };
      const results = await interleave(ours, peers, options);
      const memory = await measureMemory(bench, topic, options, results[0]?.ours.peakMb ?? 0);
      return { peers: results, memory, notes: [`messages of ${Math.round(bytes / options.records)} bytes on average`] };
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}

async function runOurs(bench: Bench, topic: string, records: number, name: string): Promise<Sample> {
  const config = join(bench.dir, `${name}.yaml`);
  await writeFile(
    config,
    JSON.stringify({
      store: `s3://${bench.bucket}/${topic}-${name}`,
      s3: { endpoint: bench.s3, region: "us-east-1", forcePathStyle: true },
      capture: {
        source: { kafka: { brokers: [bench.kafka], topics: [topic], group: `${topic}-${name}` } },
        map: { capturedAt: "$.ts" },
      },
    }),
  );
  const { output, usage } = await runCutover(["capture", "--until", "end", "--config", config]);
  if (output.captured !== records) throw new Error(`captured ${String(output.captured)} of ${records}`);
  return toSample(records, Number(output.seconds), usage);
}

async function runPeer(bench: Bench, name: string, topic: string, records: number): Promise<Sample> {
  const script = fileURLToPath(new URL(`./peers/${name}.ts`, import.meta.url));
  const env = { BROKER: bench.kafka, TOPIC: topic, RECORDS: String(records), S3: bench.s3, BUCKET: bench.bucket };
  const { output, usage } = await runProgram({ args: [script], env });
  return toSample(records, Number(output.seconds), usage);
}

/** Peak memory at a tenth of the size, beside the median of the full one. */
async function measureMemory(
  bench: Bench,
  topic: string,
  options: BenchOptions,
  largeMb: number,
): Promise<MemoryResult> {
  const records = Math.max(1, Math.round(options.records / 10));
  const small = `${topic}-small`;
  await fillTopic({ broker: bench.kafka, topic: small, partitions: PARTITIONS, count: records });
  const { peakMb } = await runOurs(bench, small, records, "memory");
  return {
    small: { records, peakMb: Math.round(peakMb) },
    large: { records: options.records, peakMb: largeMb },
    growth: largeMb / peakMb - 1,
  };
}

async function makeBucket({ s3, bucket }: Bench): Promise<void> {
  const client = new S3Client({ endpoint: s3, region: "us-east-1", forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
