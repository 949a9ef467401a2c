/**
 * A broker of a test's own, on free ports and in a folder of its own, with a listener for each way to connect.
 * Certificates are made on the spot; users are alice and bob.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Authority, type Identity, makeAuthority, makeIdentity } from "../../support/certificates.ts";
import { clusterIsUp } from "../../support/kafka.ts";
import { folders } from "./folders.ts";
import { installFolder } from "./install.ts";
import { kafka } from "./kafka.ts";
import { freePorts, HOST } from "./ports.ts";
import { launch, run, tail, terminate } from "./process.ts";

/** What each listener asks for, by its name in lower case. */
const LISTENERS = {
  /** Nothing. */
  plain: "PLAINTEXT",
  /** TLS, with a certificate for 127.0.0.1 and localhost. */
  tls: "SSL",
  /** The same, and a certificate of the client. */
  mutual: "SSL",
  expired: "SSL",
  /** Its certificate is for kafka.example. */
  elsewhere: "SSL",
  /** PLAIN and SCRAM-SHA-256 without TLS; a login by PLAIN holds for REAUTHENTICATE_MS. */
  login: "SASL_PLAINTEXT",
  /** SCRAM-SHA-256 and -512 over TLS. */
  safe: "SASL_SSL",
} as const;
export type Listener = keyof typeof LISTENERS;

export const USER = { username: "alice", password: "s3cret-of-alice" } as const;
/** Below kafkajs's own margin: with that, every request would begin with a login, which brokers refuse. */
const REAUTHENTICATE_MS = 5_000;
export const MESSAGE_MAX_BYTES = 48 * 1024 * 1024;
const READY_MS = 120_000;

export interface SecureBroker {
  readonly address: Readonly<Record<Listener, string>>;
  readonly authority: Authority;
  readonly client: Identity;
  /** Not signed by the authority. */
  readonly stranger: Identity;
  /** The folder of a partition's log. */
  logFolder(topic: string, partition: number): string;
  /** Sends lines by Kafka's own Java producer. */
  javaProduce(topic: string, compression: string, lines: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** True where Kafka's jars are installed: with the services in Docker they are not. */
export function jarsAreHere(): boolean {
  return existsSync(join(installFolder(folders(), kafka), "libs"));
}

export async function startSecureBroker(folder: string): Promise<SecureBroker> {
  await mkdir(folder, { recursive: true });
  const authority = await makeAuthority(join(folder, "authority"));
  const here = await makeIdentity(authority, "here", ["DNS:localhost", `IP:${HOST}`]);
  const elsewhere = await makeIdentity(authority, "elsewhere", ["DNS:kafka.example"]);
  const expired = await makeIdentity(authority, "expired", [`IP:${HOST}`], { expired: true });
  const client = await makeIdentity(authority, "client", []);
  const stranger = await makeIdentity(await makeAuthority(join(folder, "strangers")), "stranger", []);
  const names = Object.keys(LISTENERS) as Listener[];
  const [controller, ...ports] = await freePorts(names.length + 1);
  const address = Object.fromEntries(names.map((name, i) => [name, `${HOST}:${ports[i]}`])) as SecureBroker["address"];
  const stores = { tls: here, mutual: here, safe: here, expired, elsewhere };
  const lines = [...base(folder, controller as number, address), ...security(authority, stores)];
  for (const [name, { cert, key }] of Object.entries(stores)) {
    // Kafka reads key and certificate from one file.
    await writeFile(storeFile(authority, name), `${await readFile(key, "utf8")}${await readFile(cert, "utf8")}`);
  }
  await writeFile(join(folder, "server.properties"), `${lines.join("\n")}\n`);
  await writeFile(join(folder, "log4j.properties"), LOG4J);
  await format(folder);
  const log = join(folder, "broker.log");
  const running = await launch(java(folder, ["-Xmx768m"], ["kafka.Kafka", "server.properties"]), folder, log);
  const stop = () => terminate(running);
  try {
    await untilUp(address.plain, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    authority,
    client,
    stranger,
    logFolder: (topic, partition) => join(folder, "data", `${topic}-${partition}`),
    javaProduce: (topic, compression, values) => javaProduce(folder, address.plain, topic, compression, values),
    stop,
  };
}

function base(folder: string, controller: number, address: SecureBroker["address"]): string[] {
  const all = Object.entries(address).map(([name, at]) => `${name.toUpperCase()}://${at}`);
  const protocols = Object.entries(LISTENERS).map(([name, protocol]) => `${name.toUpperCase()}:${protocol}`);
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@${HOST}:${controller}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAIN",
    `listeners=CONTROLLER://${HOST}:${controller},${all.join(",")}`,
    `advertised.listeners=${all.join(",")}`,
    `listener.security.protocol.map=CONTROLLER:PLAINTEXT,${protocols.join(",")}`,
    `log.dirs=${join(folder, "data")}`,
    "auto.create.topics.enable=false",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=2",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    `message.max.bytes=${MESSAGE_MAX_BYTES}`,
    "log.retention.ms=-1",
  ];
}

function security(authority: Authority, stores: Readonly<Record<string, Identity>>): string[] {
  const jaas = (listener: string, mechanism: string, module: string, users = "") =>
    `listener.name.${listener}.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required${users};`;
  const scram = "scram.ScramLoginModule";
  return [
    ...Object.keys(stores).flatMap((name) => [
      `listener.name.${name}.ssl.keystore.type=PEM`,
      `listener.name.${name}.ssl.keystore.location=${storeFile(authority, name)}`,
      `listener.name.${name}.ssl.truststore.type=PEM`,
      `listener.name.${name}.ssl.truststore.location=${authority.pem}`,
    ]),
    "listener.name.mutual.ssl.client.auth=required",
    "listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256",
    jaas("login", "plain", "plain.PlainLoginModule", ` user_${USER.username}="${USER.password}"`),
    `listener.name.login.plain.connections.max.reauth.ms=${REAUTHENTICATE_MS}`,
    jaas("login", "scram-sha-256", scram),
    "listener.name.safe.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512",
    jaas("safe", "scram-sha-256", scram),
    jaas("safe", "scram-sha-512", scram),
  ];
}

function storeFile({ folder }: Authority, name: string): string {
  return join(folder, `${name}.store.pem`);
}

async function format(folder: string): Promise<void> {
  const options = { cwd: folder, timeoutMs: READY_MS };
  const tool = "kafka.tools.StorageTool";
  const id = (await run(java(folder, [], [tool, "random-uuid"]), options)).trim();
  const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name="${USER.username}",password="${USER.password}"]`,
  ]);
  await run(java(folder, [], [tool, "format", "-t", id, "-c", "server.properties", ...users]), options);
}

async function untilUp(broker: string, log: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      return await clusterIsUp(broker);
    } catch (error) {
      if (performance.now() > deadline)
        throw new Error(`the broker did not answer:\n${await tail(log)}`, { cause: error });
      await sleep(300);
    }
  }
}

function java(folder: string, options: readonly string[], args: readonly string[]) {
  const log4j = `-Dlog4j.configuration=file:${join(folder, "log4j.properties")}`;
  const classPath = join(installFolder(folders(), kafka), "libs", "*");
  return { file: "java", args: [...options, log4j, "-cp", classPath, ...args] };
}

async function javaProduce(
  folder: string,
  broker: string,
  topic: string,
  compression: string,
  lines: readonly string[],
): Promise<void> {
  const tool = ["kafka.tools.ConsoleProducer", "--bootstrap-server", broker, "--topic", topic];
  const settings = ["--producer-property", `compression.type=${compression}`, "--producer-property", "linger.ms=50"];
  const { file, args } = java(folder, [], [...tool, ...settings]);
  const child = spawn(file, args, { cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  child.stdin.end(lines.map((line) => `${line}\n`).join(""));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the Java producer exited ${code}:\n${Buffer.concat(said)}`);
}

const LOG4J = `log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.Target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
`;
