/** Each service answers in its own protocol; when this fails, no other test with services says anything. */
import { createSocket } from "node:dgram";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Consumer, ListOffsetTimestamps } from "@platformatic/kafka";
import { describe, expect, test } from "vitest";
import { createTopic, deleteTopic, produce } from "../support/kafka.ts";
import { requireOrSkip } from "../support/require.ts";
import { emptyBucket, listKeys, makeBucket, removeBucket, testClient } from "../support/s3.ts";

const {
  CUTOVER_TEST_KAFKA: kafka = "",
  CUTOVER_TEST_S3: s3 = "",
  CUTOVER_TEST_DOGSTATSD: dogstatsd = "",
  CUTOVER_TEST_STATSD_METRICS: metrics = "",
} = process.env;
const available = [kafka, s3, dogstatsd, metrics].every((endpoint) => endpoint !== "");
const name = `smoke-${process.pid}-${Date.now().toString(36)}`;

describe.skipIf(requireOrSkip("services not running: npm run services", available))("the test services", () => {
  test("kafka gives back keys, values, headers and times as they were produced", async () => {
    await createTopic(kafka, name, 3);
    const consumer = new Consumer({ clientId: name, groupId: name, bootstrapBrokers: [kafka] });
    try {
      const bytes = Buffer.from([0xff, 0x00, 0xc3]);
      const sent = await produce(kafka, name, [
        { key: "k", value: bytes, headers: { h: "v" }, timestamp: 1_500_000_000_000, partition: 2 },
        { key: "gone", value: null, partition: 0 },
        { value: "", partition: 1 },
      ]);
      expect(sent).toBe(3);
      const offsets = await consumer.listOffsets({ topics: [name], timestamp: ListOffsetTimestamps.LATEST });
      expect(offsets.get(name)).toEqual([1n, 1n, 1n]);

      const stream = await consumer.consume({ topics: [name], mode: "earliest", autocommit: false });
      const received = [];
      for await (const message of stream) {
        received.push(message);
        if (received.length === 3) break;
      }
      const [tombstone, empty, whole] = received.sort((a, b) => a.partition - b.partition);
      expect(tombstone?.value ?? null).toBeNull();
      expect(empty?.value).toEqual(Buffer.alloc(0));
      expect(whole).toMatchObject({ key: Buffer.from("k"), value: bytes, timestamp: 1_500_000_000_000n });
      expect([...(whole?.headers ?? [])].map(([key, value]) => `${key}=${value}`)).toEqual(["h=v"]);
    } finally {
      await consumer.close(true);
      await deleteTopic(kafka, name);
    }
  });

  test("s3 keeps bytes, refuses a second conditional put and lists what is there", async () => {
    await makeBucket(s3, name);
    const client = testClient(s3);
    try {
      const body = Buffer.from([1, 2, 3]);
      const put = new PutObjectCommand({ Bucket: name, Key: "a/b", Body: body, IfNoneMatch: "*" });
      await client.send(put);
      await expect(client.send(put)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
      const got = await client.send(new GetObjectCommand({ Bucket: name, Key: "a/b" }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
      expect(await listKeys(s3, name)).toEqual(["a/b"]);
      await emptyBucket(s3, name);
      expect(await listKeys(s3, name)).toEqual([]);
    } finally {
      client.destroy();
      await removeBucket(s3, name);
    }
  });

  test("the DogStatsD receiver shows a counter and a distribution with their tags", async () => {
    const metric = name.replaceAll("-", "_");
    const { hostname, port } = new URL(`udp://${dogstatsd}`);
    const socket = createSocket("udp4");
    socket.send(`${metric}.hits:3|c|#env:ci\n${metric}.hits:4|c|#env:ci\n${metric}.took:5|d`, Number(port), hostname);
    try {
      await expect
        .poll(() => shown(metrics, metric), { timeout: 5_000 })
        .toEqual({ [`${metric}_hits{env="ci"}`]: 7, [`${metric}_took_count`]: 1, [`${metric}_took_sum`]: 5 });
    } finally {
      socket.close();
    }
  });
});

/** What the receiver shows of the metrics that start with `metric`, without quantiles. */
async function shown(url: string, metric: string): Promise<Record<string, number>> {
  const text = await (await fetch(url)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(metric) && !line.includes("quantile"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
