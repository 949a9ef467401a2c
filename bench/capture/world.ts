/** Where one capture bench happens: a broker, a bucket, topics and a folder, all of it gone at the end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteTopic } from "../../test/support/kafka.ts";
import { makeBucket, removeBucket, removePrefix } from "../../test/support/s3.ts";
import { type Content, fillTopic } from "../lib/fill-topic.ts";
import { withServices } from "../lib/services.ts";
import type { BenchOptions } from "../lib/stage.ts";

export interface World {
  readonly kafka: string;
  readonly s3: string;
  readonly bucket: string;
  /** A folder for configs. */
  readonly dir: string;
  /** A new topic with this content; deleted at the end unless `drop` did before. */
  fill(content: Content): Promise<FilledTopic>;
  drop(topic: FilledTopic): Promise<void>;
  /** A prefix of the bucket for one run, emptied after it: else a whole bench fills the disk. */
  withPrefix<T>(action: (prefix: string) => Promise<T>): Promise<T>;
}

export interface FilledTopic extends Content {
  readonly name: string;
  /** Of all message values. */
  readonly bytes: number;
}

export async function withWorld<T>(options: BenchOptions, action: (world: World) => Promise<T>): Promise<T> {
  return withServices(async ({ kafka, s3 }) => {
    const unique = `bench-${Date.now().toString(36)}-${process.pid}`;
    const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
    const topics = new Set<string>();
    let filled = 0;
    let prefixes = 0;
    const world: World = {
      kafka,
      s3,
      bucket: unique,
      dir,
      async fill(content) {
        const { records, partitions, models } = content;
        const name = `${unique}-${filled++}-${partitions}x${models}`;
        options.progress(`filling ${name}: ${records} messages, ${partitions} partitions, ${models} models`);
        topics.add(name);
        return { ...content, name, bytes: await fillTopic(kafka, name, content, options.signal) };
      },
      async drop({ name }) {
        await deleteTopic(kafka, name);
        topics.delete(name);
      },
      async withPrefix(run) {
        const prefix = `run-${prefixes++}`;
        const result = await run(prefix);
        await removePrefix(s3, unique, `${prefix}/`);
        return result;
      },
    };
    await makeBucket(s3, unique);
    try {
      return await action(world);
    } finally {
      // All of it is tried, whatever fails: what is left behind fills somebody's disk.
      const gone = [...topics].map((topic) => deleteTopic(kafka, topic));
      const cleaned = await Promise.allSettled([...gone, removeBucket(s3, unique), rm(dir, { recursive: true })]);
      for (const result of cleaned)
        if (result.status === "rejected") options.progress(`left behind: ${String(result.reason)}`);
    }
  });
}
