/** Workers and the queue, as a user runs them: real broker, real store. What disturbs them is in test/faults/workers. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WORKER } from "../faults/workers/trial.ts";
import { openWorld, PARTITIONS, type WorkersWorld } from "../faults/workers/world.ts";
import { readResults } from "../replay/world.ts";
import { type RunningCli, runCli, runJson, startCli } from "../support/cli.ts";
import { deleteTopic, produce, withAdmin } from "../support/kafka.ts";
import { requireOrSkip } from "../support/require.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA ?? "";
const s3 = process.env.CUTOVER_TEST_S3 ?? "";
const skip = requireOrSkip("services not running: npm run services", kafka !== "" && s3 !== "");
const RECORDS = 600;
const QUEUE = ["replay", "--target", "t", "--queue", "kafka"];

describe.skipIf(skip).sequential("workers and the queue", { timeout: 240_000 }, () => {
  let world: WorkersWorld;
  let port: number;
  const started: RunningCli[] = [];
  const worker = (args: readonly string[] = []): RunningCli => {
    const running = startCli(["worker", ...args], { cwd: world.dir, timeoutMs: 230_000 });
    started.push(running);
    return running;
  };
  const endAll = async (): Promise<(number | null)[]> => {
    const all = started.splice(0);
    for (const { child } of all) child.kill("SIGTERM");
    return (await Promise.all(all.map(({ done }) => done))).map(({ code }) => code);
  };
  /** Another config beside the world's, with what is different. */
  const configWith = async (name: string, change: (config: Config) => void): Promise<string> => {
    const config = JSON.parse(await readFile(join(world.dir, "cutover.yaml"), "utf8")) as Config;
    change(config);
    await writeFile(join(world.dir, name), JSON.stringify(config));
    return name;
  };

  beforeAll(async () => {
    process.env[WORKER] = "worker";
    world = await openWorld({ kafka, s3, seed: 1, records: RECORDS });
    port = await freePort();
    await configWith("cutover.yaml", (config) => {
      config.worker = { health: { port } };
    });
  });
  afterEach(endAll);
  afterAll(() => world.close());

  test("units put on the queue are done by a worker that starts later; who waits gets the result of the whole run", async () => {
    const queued = await runJson<{ run: string; units: number }>(QUEUE, { cwd: world.dir });
    expect(queued).toMatchObject({ target: "t", planned: RECORDS, stored: 0 });
    expect(queued.units).toBeGreaterThan(2);
    // What is no unit stands among them, and a unit of a run that is gone.
    await produce(kafka, world.name, [
      { value: "not a unit", partition: 0 },
      { value: null, partition: 1 },
      { value: '{"version":9,"work":"replay","run":"x","key":"k","bucket":2}', partition: 2 },
      { value: '{"version":1,"work":"replay","run":"gone","key":"k","bucket":3}', partition: 3 },
    ]);
    worker();
    await expect.poll(() => status(port, "/readyz"), { timeout: 60_000, interval: 300 }).toBe(200);
    expect(await status(port, "/healthz")).toBe(200);
    const result = await runJson([...QUEUE, "--wait"], { cwd: world.dir });
    expect(result).toMatchObject({
      run: queued.run,
      planned: RECORDS,
      replayed: RECORDS,
      failed: 0,
      skipped: {},
      resent: 0,
    });
    expect(await readResults(world.store, queued.run)).toHaveLength(RECORDS);
    // Asked for twice, sent once.
    expect(world.endpoints.received).toBe(RECORDS);
    const { runs } = await runJson<{ runs: { run: string; state: string }[] }>(["runs"], { cwd: world.dir });
    expect(runs).toMatchObject([{ run: queued.run, state: "complete", planned: RECORDS, stored: RECORDS }]);
    expect(await endAll()).toEqual([143]);
  });

  test("a run that is complete puts nothing on the queue", async () => {
    const again = await runJson(QUEUE, { cwd: world.dir });
    expect(again).toMatchObject({ planned: RECORDS, stored: RECORDS, units: 0 });
    expect(await runJson([...QUEUE, "--wait"], { cwd: world.dir })).toMatchObject({
      replayed: RECORDS,
      now: { sent: 0 },
    });
  });

  test("a worker that is told to stop in the midst of it stores what is in flight, and the next sends none of it again", async () => {
    const before = world.endpoints.received;
    const { run } = await runJson<{ run: string }>([...QUEUE, "--fresh"], { cwd: world.dir });
    worker();
    await expect.poll(() => world.endpoints.received, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before + 40);
    expect(await endAll()).toEqual([143]);
    const sent = world.endpoints.received - before;
    expect(sent).toBeLessThan(RECORDS);
    expect(await readResults(world.store, run)).toHaveLength(sent);
    worker();
    // The same command is of no use to who has given his run no id: it would be that of the latest.
    const result = await runJson([...QUEUE, "--wait"], { cwd: world.dir });
    expect(result).toMatchObject({ run, replayed: RECORDS, resent: 0 });
    expect(world.endpoints.received - before).toBe(RECORDS);
  });

  test("an endpoint that is not there is skipped and named, and the one who waits is told to mend it", async () => {
    const config = await configWith("missing.json", ({ targets }) => {
      targets.t.http.url = `${world.endpoints.url.replace(/\d+$/, "1")}/{model}/invocations`;
    });
    worker(["--config", config]);
    const result = await runJson<{ skipped: object }>(["--config", config, ...QUEUE, "--model", "m1", "--wait"], {
      cwd: world.dir,
      exit: 2,
    });
    const planned = RECORDS / 16 + 0.5;
    expect(result).toMatchObject({ replayed: 0, failed: 0, skipped: { endpoint_unreachable: Math.round(planned) } });
  });

  test("a topic that is not there is made with the partitions asked for, and a run has as many buckets", async () => {
    const topic = `${world.name}-made`;
    const config = await configWith("made.json", ({ queue }) => {
      queue.kafka.topic = topic;
    });
    const none = await runCli(["--config", config, "worker"], { cwd: world.dir });
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain("the topic of units is not there");
    const args = ["--config", config, ...QUEUE, "--fresh", "--buckets", "3"];
    await runJson(args, { cwd: world.dir });
    await withAdmin(kafka, async (admin) => {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      expect(topics.get(topic)?.partitionsCount).toBe(3);
    });
    // The same run does not fit a topic of another number of partitions.
    const other = await runCli(QUEUE, { cwd: world.dir });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(`expected: ${PARTITIONS}, the partitions of the topic`);
    const asked = await runCli([...QUEUE, "--fresh", "--buckets", "5"], { cwd: world.dir });
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining(`--buckets ${PARTITIONS}, or none`) });
    await deleteTopic(kafka, topic);
  });

  test("a worker whose config means another target ends with an error, and leaves the unit to others", async () => {
    const config = await configWith("another.json", ({ targets }) => {
      targets.t.http.url = `${world.endpoints.url}/other/{model}`;
    });
    await runJson([...QUEUE, "--fresh"], { cwd: world.dir });
    const before = world.endpoints.received;
    const { code, stderr } = await worker(["--config", config]).done;
    started.pop();
    expect(code).toBe(2);
    expect(stderr).toContain("was pinned for another target t");
    expect(world.endpoints.received).toBe(before);
  });

  test("no broker, and none known, are told with what to do", async () => {
    const away = await configWith("away.json", ({ queue }) => {
      queue.kafka.brokers = ["127.0.0.1:1"];
    });
    for (const args of [["worker"], QUEUE]) {
      const { code, stderr } = await runCli(["--config", away, ...args], { cwd: world.dir });
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toContain("queue.kafka.brokers: 127.0.0.1:1");
    }
    const unknown = await configWith("unknown.json", (config) => {
      delete config.queue.kafka.brokers;
    });
    const { code, stderr } = await runCli(["--config", unknown, "worker"], { cwd: world.dir });
    expect(code).toBe(2);
    expect(stderr).toContain("no Kafka brokers are known for the queue");
  });

  test("who waits without a worker can stop waiting", async () => {
    const { child, done } = startCli([...QUEUE, "--fresh", "--wait"], { cwd: world.dir });
    await sleep(8_000);
    child.kill("SIGINT");
    expect(await done).toMatchObject({ code: 130 });
  });
});

interface Config {
  queue: { kafka: { topic: string; brokers?: string[] } };
  targets: { t: { http: { url: string } } };
  worker?: object;
}

async function status(port: number, path: string): Promise<number> {
  return fetch(`http://127.0.0.1:${port}${path}`).then(
    (response) => response.status,
    () => 0,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
