/**
 * A broker, an S3 server and what stands before them, all owned by one test process and free to be broken:
 *
 *   program → toxiproxy → S3 proxy → S3 server       program → Kafka proxy → broker ← producer, admin
 */
import { rmSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folders } from "../../services/lib/folders.ts";
import { installAll, installFolder, neededPrograms } from "../../services/lib/install.ts";
import { kafka } from "../../services/lib/kafka.ts";
import { type OwnProcess, ownPort, ownProcess } from "../../services/lib/own.ts";
import { choosePorts, HOST } from "../../services/lib/ports.ts";
import { missing } from "../../services/lib/prerequisites.ts";
import { S3_CREDENTIALS, S3_REGION, s3 } from "../../services/lib/s3.ts";
import { withLock } from "../../services/lib/state.ts";
import {
  createToxicProxy,
  type ToxicProxy,
  toxiproxy,
  toxiproxyCommand,
  toxiproxyIsUp,
} from "../../services/lib/toxiproxy.ts";
import type { Place, Say, Service } from "../../services/lib/types.ts";
import { makeBucket } from "../../support/s3.ts";
import { type KafkaProxy, startKafkaProxy } from "./kafka-proxy.ts";
import { type S3Proxy, startS3Proxy } from "./s3-proxy.ts";

export interface World {
  /** The broker without a proxy: for the producer and the admin of the tests. */
  readonly broker: string;
  /** The broker as the program is told to find it. */
  readonly proxiedBroker: string;
  readonly brokerProcess: OwnProcess;
  readonly kafkaProxy: KafkaProxy;
  /** The S3 server without a proxy, and as the program is told to find it. */
  readonly s3: string;
  readonly proxiedS3: string;
  readonly s3Proxy: S3Proxy;
  readonly toxics: ToxicProxy;
  readonly bucket: string;
  /** Where the S3 server keeps the bucket: one file an object. */
  readonly bucketFolder: string;
  /** For the files of the runs; removed at the end. */
  readonly folder: string;
  /** What a program needs to reach the S3 server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything up and without faults. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

const BUCKET = "faults";

/** What a machine lacks to run a world of its own; empty when nothing. */
export function lacking(): Promise<string[]> {
  return neededPrograms(folders(), [kafka, s3, toxiproxy]).then((names) => missing(names));
}

export async function startWorld(say: Say): Promise<World> {
  const where = folders();
  await withLock(where, say, () => installAll(where, [kafka, s3, toxiproxy], say));
  const folder = await mkdtemp(join(tmpdir(), "cutover-faults-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const named = ["kafka", "kafkaController", "s3", "listener", "kafkaProxy", "s3Proxy", "toxic", "toxicApi"] as const;
  const own = Object.fromEntries(await Promise.all(named.map(async (name) => [name, await ownPort()]))) as Record<
    (typeof named)[number],
    number
  >;
  const ports = { ...(await choosePorts({})), kafka: own.kafka, kafkaController: own.kafkaController, s3: own.s3 };
  const brokerProcess = await startService(kafka, { ports, folder }, async (place) => {
    await appendFile(join(place.folder, "server.properties"), proxiedListener(own));
  });
  const s3Process = await startService(s3, { ports, folder });
  const toxicLog = join(folder, "toxiproxy.log");
  const toxicProcess = ownProcess(
    toxiproxyCommand(installFolder(where, toxiproxy), own.toxicApi),
    { cwd: folder, log: toxicLog },
    () => toxiproxyIsUp(own.toxicApi),
  );
  await Promise.all([brokerProcess.start(), s3Process.start(), toxicProcess.start()]);
  const [kafkaProxy, s3Proxy, toxics] = await Promise.all([
    startKafkaProxy(own.kafkaProxy, own.listener),
    startS3Proxy(own.s3Proxy, own.s3),
    createToxicProxy(own.toxicApi, "s3", { listen: own.toxic, upstream: own.s3Proxy }),
  ]);
  const env = credentials();
  Object.assign(process.env, env);
  await makeBucket(`http://${HOST}:${own.s3}`, BUCKET);
  return {
    broker: `${HOST}:${own.kafka}`,
    proxiedBroker: `${HOST}:${own.kafkaProxy}`,
    brokerProcess,
    kafkaProxy,
    s3: `http://${HOST}:${own.s3}`,
    proxiedS3: `http://${HOST}:${own.toxic}`,
    s3Proxy,
    toxics,
    bucket: BUCKET,
    bucketFolder: join(folder, s3.name, "data", BUCKET),
    folder,
    env,
    async calm() {
      s3Proxy.reset();
      kafkaProxy.reset();
      await toxics.heal();
      // A run that failed half way may have left it down.
      if (!brokerProcess.isRunning) await brokerProcess.start();
    },
    async close() {
      await Promise.all([kafkaProxy.close(), s3Proxy.close()]);
      await Promise.all([brokerProcess, s3Process, toxicProcess].map((one) => one.end("SIGKILL")));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startService(
  service: Service,
  { ports, folder }: Pick<Place, "ports" | "folder">,
  prepared?: (place: Place) => Promise<void>,
): Promise<OwnProcess> {
  const place: Place = { install: installFolder(folders(), service), folder: join(folder, service.name), ports };
  await mkdir(place.folder, { recursive: true });
  await service.prepare(place);
  await prepared?.(place);
  const log = join(folder, `${service.name}.log`);
  return ownProcess(service.command(place), { cwd: place.folder, log }, () => service.probe(ports));
}

/** Of two lines of one name the later holds. What connects to this listener is told to come back through the proxy. */
function proxiedListener(
  own: Readonly<Record<"kafka" | "kafkaController" | "listener" | "kafkaProxy", number>>,
): string {
  return `listeners=PLAINTEXT://${HOST}:${own.kafka},PROXIED://${HOST}:${own.listener},CONTROLLER://${HOST}:${own.kafkaController}
advertised.listeners=PLAINTEXT://${HOST}:${own.kafka},PROXIED://${HOST}:${own.kafkaProxy}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
`;
}

function credentials(): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_REGION: S3_REGION,
  };
}
