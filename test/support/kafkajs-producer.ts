/** A second producer library: other framing of snappy and LZ4 than the first, and headers that repeat. */
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import kafkajs from "kafkajs";
import lz4 from "lz4-napi";
import snappy from "snappy";
import type { Compression } from "./kafka.ts";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

export interface Sent {
  readonly key?: string;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string | Buffer | (string | Buffer)[]>>;
}

const TYPES: Readonly<Record<Compression, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** One record batch, to partition 0. */
export async function kafkajsProduce(
  broker: string,
  topic: string,
  messages: readonly Sent[],
  compression: Compression = "none",
): Promise<void> {
  register(CompressionTypes.Snappy, (data) => snappy.compress(data));
  register(CompressionTypes.LZ4, (data) => lz4.compressFrame(data));
  register(CompressionTypes.ZSTD, promisify(zstdCompress));
  const client = new Kafka({ clientId: "cutover-test", brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const list = messages.map((message) => ({ ...message, partition: 0 }));
    await producer.send({ topic, messages: list as never, compression: TYPES[compression] as number });
  } finally {
    await producer.disconnect();
  }
}

function register(type: number, pack: (data: Buffer) => Promise<Buffer>): void {
  CompressionCodecs[type as keyof typeof CompressionCodecs] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => pack(buffer),
    decompress: () => Promise.reject(new Error("the producer does not read")),
  });
}
