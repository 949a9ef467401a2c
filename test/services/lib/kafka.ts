import { access, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterIsUp } from "../../support/kafka.ts";
import { HOST } from "./ports.ts";
import { run } from "./process.ts";
import type { Place, Service } from "./types.ts";

const VERSION = "3.9.2";
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const FORMAT_TIMEOUT_MS = 60_000;

/** A broker that is its own controller (KRaft), from the jars on Maven Central. */
export const kafka: Service = {
  name: "kafka",
  version: VERSION,
  ports: ["kafka", "kafkaController"],
  needs: { run: ["java"], install: ["mvn"] },
  installSeconds: "5 to 60",

  async install(folder) {
    await writeFile(join(folder, "pom.xml"), pom());
    const args = ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs", "-DincludeScope=runtime"];
    await run({ file: "mvn", args }, { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS });
  },

  async prepare(place) {
    await writeFile(join(place.folder, "server.properties"), properties(place));
    await writeFile(join(place.folder, "log4j.properties"), LOG4J);
    if (!(await isFormatted(place))) await format(place);
  },

  command: (place) => java(place, ["-Xmx512m", "-Xms128m"], ["kafka.Kafka", "server.properties"]),

  probe: (ports) => clusterIsUp(`${HOST}:${ports.kafka}`),
};

function java(place: Place, options: readonly string[], args: readonly string[]) {
  const classPath = join(place.install, "libs", "*");
  const log4j = `-Dlog4j.configuration=file:${join(place.folder, "log4j.properties")}`;
  return { file: "java", args: [...options, log4j, "-cp", classPath, ...args] };
}

async function isFormatted(place: Place): Promise<boolean> {
  return access(join(place.folder, "data", "meta.properties")).then(
    () => true,
    () => false,
  );
}

/** Formats under another name first: a format killed half way must not look like a formatted disk. */
async function format(place: Place): Promise<void> {
  const [data, fresh] = [join(place.folder, "data"), join(place.folder, "data.new")];
  await Promise.all([rm(data, { recursive: true, force: true }), rm(fresh, { recursive: true, force: true })]);
  const written = await readFile(join(place.folder, "server.properties"), "utf8");
  const config = join(place.folder, "format.properties");
  await writeFile(config, written.replace(`log.dirs=${data}`, `log.dirs=${fresh}`));
  const options = { cwd: place.folder, timeoutMs: FORMAT_TIMEOUT_MS };
  const tool = "kafka.tools.StorageTool";
  // The tool logs to stdout as well: the id is its last line.
  const id = (await run(java(place, [], [tool, "random-uuid"]), options)).trim().split("\n").at(-1) ?? "";
  await run(java(place, [], [tool, "format", "-t", id, "-c", config]), options);
  await rename(fresh, data);
}

function properties({ folder, ports }: Place): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${HOST}:${ports.kafkaController}
listeners=PLAINTEXT://${HOST}:${ports.kafka},CONTROLLER://${HOST}:${ports.kafkaController}
advertised.listeners=PLAINTEXT://${HOST}:${ports.kafka}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=${join(folder, "data")}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
# Tests kill consumers and wait for their session to end; the usual minimum of 6 s would be the test's length.
group.min.session.timeout.ms=1000
# Retention goes by message time, and tests produce messages of years ago.
log.retention.ms=-1
`;
}

const LOG4J = `log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
`;

function pom(): string {
  const dependency = (artifact: string): string =>
    `    <dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${VERSION}</version></dependency>`;
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>cutover</groupId>
  <artifactId>test-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${["kafka_2.13", "kafka-tools"].map(dependency).join("\n")}
  </dependencies>
</project>
`;
}
