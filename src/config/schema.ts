/** The config file, as written (input) and as resolved (output of the same zod schema). */
import { z } from "zod";
import type { CutoverError } from "../errors.ts";
import type { RuleModule } from "./modules.ts";
import { modelSchema } from "./rules.ts";
import { bytesSchema, durationSchema } from "./units.ts";
import type { Waiver } from "./waivers.ts";

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

const text = z.string().min(1);

/** Files are PEM. In each text `${NAME}` is taken from the environment. */
const tlsSchema = z.strictObject({
  /** Trusted instead of the authorities that come with Node. */
  ca: text.optional(),
  /** Of the client, where brokers ask for one; with its key. */
  cert: text.optional(),
  key: text.optional(),
  passphrase: text.optional(),
  /** The name on the brokers' certificates, where it is not that of their addresses. */
  serverName: text.optional(),
});
export type TlsSettings = z.infer<typeof tlsSchema>;

const saslSchema = z.strictObject({
  mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]),
  username: text,
  password: text,
});

const kafkaSchema = z.strictObject({
  brokers: z.array(text).min(1),
  topics: z.array(text).min(1),
  group: text.default("cutover-capture"),
  clientId: text.default("cutover"),
  tls: z.union([z.boolean(), tlsSchema]).optional(),
  sasl: saslSchema.optional(),
  /** `cloudevents`: paths of `map` start at the event's data, `ce:NAME` is its attribute. */
  format: z.enum(["envelope", "cloudevents"]).default("envelope"),
});
export type KafkaSettings = z.infer<typeof kafkaSchema>;

const SOURCES = "$.json.path, header:NAME, hex:NAME, ce:NAME, key, value, position";
/** `hex:NAME` is a header whose bytes are no text; `position` is topic/partition/offset. */
const SOURCE = /^(\$.*|(header|hex):.+|ce:(?!data$)[a-z0-9]+|key|value|position)$/;
const mapSource = z.string().regex(SOURCE, { error: `expected ${SOURCES}, or a list of these` });
const idSource = z.string().regex(new RegExp(`^auto$|${SOURCE.source}`), {
  error: `expected auto, ${SOURCES}, or a list of these`,
});

/** Of a list, the first that is there. */
function mapPath(path: string, one = mapSource) {
  const list = z.array(mapSource).min(1);
  return z.union([one, list], { error: `expected ${SOURCES}, or a list of these` }).default(path);
}

const mapSchema = z.strictObject({
  /** `auto`: what services put a correlation id in, in the order of their use; then key and position. */
  id: mapPath("$.id", idSource),
  model: mapPath("$.model"),
  modelVersion: mapPath("$.modelVersion"),
  capturedAt: mapPath("$.capturedAt"),
  input: mapPath("$.input"),
  inputType: mapPath("$.inputType"),
  output: mapPath("$.output"),
  outputType: mapPath("$.outputType"),
  status: mapPath("$.status"),
  latencyMs: mapPath("$.latencyMs"),
  attributes: mapPath("$.attributes"),
});
export type MapSettings = z.infer<typeof mapSchema>;

const healthSchema = z.strictObject({
  port: z.int().min(0).max(65_535),
  host: z.string().min(1).default("127.0.0.1"),
});

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
  health: healthSchema.optional(),
});
export type CaptureSettings = z.infer<typeof captureSchema>;

const perSecond = z.number().positive().max(1_000_000);

/** Units of work that `cutover worker` processes take. Connection settings are those of the capture's source unless it has brokers of its own. */
const queueSchema = z.strictObject({
  kafka: z
    .strictObject({
      brokers: z.array(text).min(1).optional(),
      clientId: text.default("cutover"),
      tls: z.union([z.boolean(), tlsSchema]).optional(),
      sasl: saslSchema.optional(),
      topic: text.default("cutover-units"),
      group: text.default("cutover-workers"),
      /** Time after which the group gives the work of a silent worker to another; a new owner waits so long, and a request's timeout, before it sends. */
      sessionTimeout: durationSchema.prefault("10s"),
    })
    .prefault({}),
});
export type QueueSettings = z.infer<typeof queueSchema>;

const headersSchema = z.record(z.string(), z.string());
/** Sent instead of what was captured, where the new endpoint wants another form. */
const formSchema = { contentType: text.optional(), accept: text.optional() };

export const targetSchema = z.strictObject({
  http: z
    .strictObject({
      /** `{model}` is percent-encoded per segment and may not stand in the host. */
      url: z.string().min(1),
      /** `${NAME}` in a value is taken from the environment. */
      headers: headersSchema.default({}),
      ...formSchema,
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
      /** Sends through the AWS SDK itself, not by our own signature: slower, to rule ours out as a cause. */
      sdk: z.boolean().optional(),
      ...formSchema,
    })
    .optional(),
  /** A long-lived program per model, without a shell: one request a line in, one answer a line out. */
  command: z
    .strictObject({
      /** Program and arguments; `{model}` may stand in the arguments. Without it one program serves all models. */
      run: z.array(z.string().min(1)).min(1),
      /** Its working folder, from the config file's. */
      cwd: z.string().min(1).default("."),
      /** Programs at once, each with one request at a time: of a model, and in all. */
      processes: z.strictObject({ perModel: count.default(1), total: count.default(8) }).prefault({}),
      ...formSchema,
    })
    .optional(),
  /** A JavaScript module whose default export takes a request and gives an answer. */
  module: z.strictObject({ path: z.string().min(1), ...formSchema }).optional(),
  concurrency: z
    .strictObject({
      perEndpoint: count.default(20),
      total: count.default(200),
      /** Fewer at once than `perEndpoint` while the endpoint throttles or slows down. */
      adaptive: z.boolean().default(true),
      /** Time over which an endpoint's places grow from one to `perEndpoint`. */
      rampUp: z.union([z.literal(0), durationSchema]).default(0),
    })
    .prefault({}),
  /** Tries a second, further tries included: what comes sooner waits. */
  rate: z.strictObject({ perEndpoint: perSecond.optional(), total: perSecond.optional() }).prefault({}),
  /** A system that people depend on: it needs `rate.total`, and is left alone when it suffers. */
  production: z.boolean().default(false),
  /** Identical inputs within a capture object are sent once. */
  dedupe: z.boolean().default(false),
  timeout: durationSchema.prefault("60s"),
  retry: z
    .strictObject({
      /** Tries of one request, the first included. */
      attempts: count.default(5),
      /** Longest time one request may spend waiting between tries. */
      maxWait: durationSchema.prefault("360s"),
      /** Wait before the second try; doubles, with full jitter. */
      backoff: durationSchema.prefault("200ms"),
      /** Tries after a failure, as a share of requests. */
      budget: z.number().min(0).max(1).default(0.2),
    })
    .prefault({}),
  /** Largest answer, in bytes. */
  maxResponse: bytesSchema.prefault("25MiB"),
  /** For the forecast and `--max-cost`: what a request costs, and what memory costs while it is answered. */
  price: z
    .strictObject({
      perRequest: z.number().min(0).default(0),
      gbSecond: z.number().min(0).default(0),
      memoryGb: z.number().positive().default(1),
    })
    .optional(),
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
  queue: queueSchema.prefault({}),
  /** `/healthz` and `/readyz` while a worker runs; bound only when it is set. */
  worker: z.strictObject({ health: healthSchema.optional() }).prefault({}),
  targets: z.record(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), targetSchema).default({}),
  /** Pattern → settings, in the order written. */
  models: z.record(z.string().min(1), modelSchema).prefault({ "*": { default: "exact", gate: {} } }),
  /** File of accepted differences: a list of fingerprint, reason, owner, expires. */
  waivers: z.string().min(1).optional(),
  metrics: metricsSchema.prefault({}),
});
export type Config = z.infer<typeof configSchema> & {
  /** Keys of `models` in the order written: a plain object would put `42` before `a`. */
  readonly modelPatterns: readonly string[];
  /** Folder of the config file: relative paths of targets start there. The working directory when there is none. */
  readonly folder?: string;
  /** Modules of custom rules, by the name that `use` gives them. */
  readonly ruleModules?: Readonly<Record<string, RuleModule>>;
  /** What the source needs and is not here, thrown by who reads the source: replay and compare need none of it. */
  readonly sourceFault?: CutoverError;
  /** The same of the queue. */
  readonly queueFault?: CutoverError;
  /** What stands in the file of `waivers`, by fingerprint. */
  readonly waiverList?: readonly Waiver[];
  /** Why that file cannot be read, thrown by who judges: capture and replay need none of it. */
  readonly waiverFault?: CutoverError;
};
/** As a person writes it. */
export type WrittenConfig = z.input<typeof configSchema>;
