/** A lake with captures, a topic of units and a config, for workers to share a run. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { rows, writeCapture } from "../../replay/world.ts";
import { createTopic, deleteTopic } from "../../support/kafka.ts";
import { makeBucket, removeBucket } from "../../support/s3.ts";
import { type Endpoints, serveEndpoints } from "./endpoint.ts";

export const LIMITS_OF_TARGET = { perEndpoint: 3, total: 24 } as const;
/** Requests a second. */
export const RATES_OF_TARGET = { perEndpoint: 25, total: 240 } as const;
export const PARTITIONS = 8;
const MODELS = Array.from({ length: 16 }, (_, i) => `m${i}`);
const OBJECT_ROWS = 400;

export interface WorkersWorld {
  /** Working directory of the processes: their cutover.yaml stands there. */
  readonly dir: string;
  readonly name: string;
  readonly s3: string;
  readonly store: Store;
  readonly endpoints: Endpoints;
  /** Records captured. */
  readonly records: number;
  close(): Promise<void>;
}

export interface WorkersSettings {
  readonly kafka: string;
  readonly s3: string;
  readonly seed: number;
  readonly records: number;
  readonly sessionTimeout?: string;
  /** Further settings of the target. */
  readonly target?: object;
}

export async function openWorld(settings: WorkersSettings): Promise<WorkersWorld> {
  const { kafka, s3, seed, records, sessionTimeout = "6s" } = settings;
  const name = `workers-${seed}-${Date.now().toString(36)}`;
  const dir = await mkdtemp(join(tmpdir(), "cutover-workers-"));
  const endpoints = await serveEndpoints(seed);
  const s3Settings = { endpoint: s3, region: "us-east-1", forcePathStyle: true };
  await writeFile(
    join(dir, "cutover.yaml"),
    JSON.stringify({
      store: `s3://${name}/lake`,
      s3: s3Settings,
      queue: { kafka: { brokers: [kafka], topic: name, group: name, sessionTimeout } },
      targets: {
        t: {
          http: { url: `${endpoints.url}/{model}/invocations`, headers: { "x-worker": "${CUTOVER_TEST_WORKER}" } },
          concurrency: { ...LIMITS_OF_TARGET, adaptive: false },
          rate: RATES_OF_TARGET,
          timeout: "3s",
          ...settings.target,
        },
      },
    }),
  );
  await Promise.all([makeBucket(s3, name), createTopic(kafka, name, PARTITIONS)]);
  const store = await openStore(`s3://${name}/lake`, s3Settings);
  for (let first = 0; first < records; first += OBJECT_ROWS) {
    await writeCapture(store, rows(first, Math.min(OBJECT_ROWS, records - first), MODELS), OBJECT_ROWS);
  }
  return {
    dir,
    name,
    s3,
    store,
    endpoints,
    records,
    async close() {
      await store.close();
      await endpoints.close();
      await Promise.allSettled([removeBucket(s3, name), deleteTopic(kafka, name)]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
