/** One run of ours and one of a peer, over the same topic, each as a whole process. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCutover } from "../lib/cutover.ts";
import { type Program, runProgram, type Sample, toSample } from "../lib/measure.ts";
import type { BenchOptions } from "../lib/stage.ts";
import type { FilledTopic, World } from "./world.ts";

export function runOurs(world: World, topic: FilledTopic, { profile, signal }: BenchOptions): Promise<Sample> {
  return world.withPrefix(async (prefix) => {
    const config = join(world.dir, `${prefix}.yaml`);
    await writeFile(
      config,
      JSON.stringify({
        store: `s3://${world.bucket}/${prefix}`,
        s3: { endpoint: world.s3, region: "us-east-1", forcePathStyle: true },
        capture: {
          source: { kafka: { brokers: [world.kafka], topics: [topic.name], group: `${topic.name}-${prefix}` } },
          map: { capturedAt: "$.ts" },
        },
      }),
    );
    const args = ["capture", "--until", "end", "--config", config];
    const run = await runCutover(args, { profile, signal });
    if (run.output.captured !== topic.records)
      throw new Error(`captured ${String(run.output.captured)} of ${topic.records}`);
    return toSample(topic.records, Number(run.output.consumingSeconds), run);
  });
}

export function runPeer(
  world: World,
  topic: FilledTopic,
  program: Pick<Program, "args" | "exec">,
  { signal }: BenchOptions,
): Promise<Sample> {
  return world.withPrefix(async (PREFIX) => {
    const { kafka: BROKER, s3: S3, bucket: BUCKET } = world;
    const env = { BROKER, TOPIC: topic.name, RECORDS: String(topic.records), S3, BUCKET, PREFIX };
    const run = await runProgram({ ...program, env, signal });
    if (run.output.records !== topic.records)
      throw new Error(`the peer read ${String(run.output.records)} of ${topic.records}`);
    return toSample(topic.records, Number(run.output.seconds), run);
  });
}
