/** The config file, as written (input) and as resolved (output of the same zod schema). */
import { z } from "zod";
import { modelSchema } from "./rules.ts";
import { bytesSchema, durationSchema } from "./units.ts";

const count = z.int().min(1);

const s3Schema = z.strictObject({
  endpoint: z.url().optional(),
  region: z.string().optional(),
  forcePathStyle: z.boolean().optional(),
  /** Server-side encryption: AES256 or aws:kms. */
  sse: z.enum(["AES256", "aws:kms"]).optional(),
  kmsKeyId: z.string().optional(),
});
export type S3Settings = z.infer<typeof s3Schema>;

const kafkaSchema = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1),
  topics: z.array(z.string().min(1)).min(1),
  group: z.string().min(1).default("cutover-capture"),
  clientId: z.string().min(1).default("cutover"),
});
export type KafkaSettings = z.infer<typeof kafkaSchema>;

/** `$.json.path`, `header:NAME`, `key` or `value`. */
const mapPath = z.string().regex(/^(\$.*|header:.+|key|value)$/, {
  error: "expected $.json.path, header:NAME, key or value",
});
const mapSchema = z.strictObject({
  id: mapPath.default("$.id"),
  model: mapPath.default("$.model"),
  modelVersion: mapPath.default("$.modelVersion"),
  capturedAt: mapPath.default("$.capturedAt"),
  input: mapPath.default("$.input"),
  inputType: mapPath.default("$.inputType"),
  output: mapPath.default("$.output"),
  outputType: mapPath.default("$.outputType"),
  status: mapPath.default("$.status"),
  latencyMs: mapPath.default("$.latencyMs"),
  attributes: mapPath.default("$.attributes"),
});
export type MapSettings = z.infer<typeof mapSchema>;

export const captureSchema = z.strictObject({
  source: z
    .strictObject({
      kafka: kafkaSchema.optional(),
      /** Paths or globs; `.gz` and `.zst` are unpacked, `-` is stdin. */
      files: z.array(z.string().min(1)).min(1).optional(),
    })
    .optional(),
  map: mapSchema.prefault({}),
  rotate: z
    .strictObject({
      bytes: bytesSchema.prefault("64MiB"),
      records: count.default(200_000),
      interval: durationSchema.prefault("5m"),
    })
    .prefault({}),
  sample: z.array(z.strictObject({ models: z.string().min(1), rate: z.number().min(0).max(1) })).default([]),
  maxRejectRate: z.number().min(0).max(1).default(0.01),
  memory: bytesSchema.prefault("512MiB"),
  /** `/healthz` and `/readyz` while a capture runs; bound only when it is set. */
  health: z.strictObject({ port: z.int().min(0).max(65_535), host: z.string().min(1).default("127.0.0.1") }).optional(),
});
export type CaptureSettings = z.infer<typeof captureSchema>;

const headersSchema = z.record(z.string(), z.string());

export const targetSchema = z.strictObject({
  http: z
    .strictObject({
      /** `{model}` is percent-encoded per segment and may not stand in the host. */
      url: z.string().min(1),
      /** `${NAME}` in a value is taken from the environment. */
      headers: headersSchema.default({}),
    })
    .optional(),
  sagemaker: z
    .strictObject({
      endpoint: z.string().min(1),
      region: z.string().optional(),
      /** A local server that speaks the runtime protocol. */
      url: z.url().optional(),
      targetModel: z.string().optional(),
      targetVariant: z.string().optional(),
      inferenceComponent: z.string().optional(),
    })
    .optional(),
  concurrency: z.strictObject({ perEndpoint: count.default(20), total: count.default(200) }).prefault({}),
  timeout: durationSchema.prefault("60s"),
  retry: z
    .strictObject({
      /** Tries of one request, the first included. */
      attempts: count.default(5),
      /** Longest time one request may spend waiting between tries. */
      maxWait: durationSchema.prefault("360s"),
      /** Wait before the second try; doubles, with full jitter. */
      backoff: durationSchema.prefault("200ms"),
    })
    .prefault({}),
  /** Largest answer, in bytes. */
  maxResponse: bytesSchema.prefault("25MiB"),
});
export type TargetSettings = z.infer<typeof targetSchema>;

export const metricsSchema = z.strictObject({
  dogstatsd: z
    .strictObject({
      url: z.string().regex(/^udp:\/\/[^/]+:\d+$/, { error: "expected udp://HOST:PORT" }),
      prefix: z.string().default("cutover"),
      tags: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
});

export const configSchema = z.strictObject({
  store: z.string().min(1).default("./data"),
  s3: s3Schema.prefault({}),
  capture: captureSchema.prefault({}),
  targets: z.record(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), targetSchema).default({}),
  /** Pattern → settings, in the order written. */
  models: z.record(z.string().min(1), modelSchema).prefault({ "*": { default: "exact", gate: {} } }),
  metrics: metricsSchema.prefault({}),
});
export type Config = z.infer<typeof configSchema> & {
  /** Keys of `models` in the order written: a plain object would put `42` before `a`. */
  readonly modelPatterns: readonly string[];
};
/** As a person writes it. */
export type WrittenConfig = z.input<typeof configSchema>;
