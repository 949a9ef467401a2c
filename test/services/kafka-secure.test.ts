/** Brokers behind TLS and SASL: every way in, and what is said when the way is wrong. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConnectionSettings, connectKafka } from "../../capture/kafka/kafka.ts";
import type { CutoverError } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import { opensslIsHere } from "../support/certificates.ts";
import { runCli, runJson, startCli } from "../support/cli.ts";
import { createTopic, produce } from "../support/kafka.ts";
import { requireOrSkip } from "../support/require.ts";
import { jarsAreHere, type Listener, type SecureBroker, startSecureBroker, USER } from "./lib/secure-broker.ts";

const noBroker = requireOrSkip("services not installed as programs: npm run services", jarsAreHere());
const skip = requireOrSkip("openssl missing", opensslIsHere()) || noBroker;
const COUNT = 300;
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

let dir = "";
let broker: SecureBroker;

function* envelopes(from: number, to: number) {
  for (let i = from; i < to; i++) yield { value: `{"id":"r${i}","model":"m","input":{"n":${i}},"output":[]}` };
}

/** YAML of a way in, and the same as settings. */
type Ways = Record<
  string,
  { at: Listener; more: () => Omit<ConnectionSettings, "brokers" | "topics" | "group" | "clientId"> }
>;
const ca = () => broker.authority.pem;
const login = (mechanism: NonNullable<ConnectionSettings["sasl"]>["mechanism"], password: string = USER.password) => ({
  mechanism,
  username: USER.username,
  password,
});
const WAYS: Ways = {
  nothing: { at: "plain", more: () => ({}) },
  TLS: { at: "tls", more: () => ({ tls: { ca: ca() } }) },
  "TLS, both sides": { at: "mutual", more: () => ({ tls: { ca: ca(), ...broker.client } }) },
  "TLS, for a name of its own": { at: "elsewhere", more: () => ({ tls: { ca: ca(), serverName: "kafka.example" } }) },
  PLAIN: { at: "login", more: () => ({ sasl: login("plain") }) },
  "SCRAM-SHA-256": { at: "login", more: () => ({ sasl: login("scram-sha-256") }) },
  "TLS and SCRAM-SHA-256": { at: "safe", more: () => ({ tls: { ca: ca() }, sasl: login("scram-sha-256") }) },
  "TLS and SCRAM-SHA-512": { at: "safe", more: () => ({ tls: { ca: ca() }, sasl: login("scram-sha-512") }) },
};

/** What is wrong, what is said of it, and what to change. */
const WRONG: readonly (readonly [string, Ways[string], RegExp, string, RegExp])[] = [
  [
    "a wrong password",
    { at: "safe", more: () => ({ tls: { ca: ca() }, sasl: login("scram-sha-512", "wr0ng-word") }) },
    /refuse the login of alice/,
    "sasl",
    /CUTOVER_KAFKA_PASSWORD/,
  ],
  [
    "a wrong password by PLAIN",
    { at: "login", more: () => ({ sasl: login("plain", "wr0ng-word") }) },
    /refuse the login of alice/,
    "sasl",
    /CUTOVER_KAFKA_PASSWORD/,
  ],
  [
    "a mechanism that is off",
    { at: "safe", more: () => ({ tls: { ca: ca() }, sasl: login("plain") }) },
    /do not take SASL plain/,
    "sasl.mechanism",
    /mechanism/,
  ],
  [
    "a login where none is asked for",
    { at: "plain", more: () => ({ sasl: login("plain") }) },
    /do not ask for a login/,
    "sasl",
    /remove sasl/,
  ],
  [
    "no login where one is asked for",
    { at: "login", more: () => ({}) },
    /closes the connection/,
    "",
    /sasl: \{ mechanism/,
  ],
  [
    "TLS to a plain port",
    { at: "plain", more: () => ({ tls: true }) },
    /127\.0\.0\.1:\d+ does not speak TLS/,
    "tls",
    /remove tls/,
  ],
  [
    "TLS and a login to a plain port",
    { at: "login", more: () => ({ tls: { ca: ca() }, sasl: login("plain") }) },
    /does not speak TLS/,
    "tls",
    /remove tls/,
  ],
  ["no TLS to a TLS port", { at: "tls", more: () => ({}) }, /127\.0\.0\.1:\d+ speaks TLS/, "tls", /add tls: true/],
  [
    "a login without TLS to a TLS port",
    { at: "safe", more: () => ({ sasl: login("scram-sha-256") }) },
    /speaks TLS/,
    "tls",
    /add tls: true/,
  ],
  [
    "an authority that is not trusted",
    { at: "tls", more: () => ({ tls: true }) },
    /not signed by an authority that is trusted/,
    "tls.ca",
    /tls: \{ ca: FILE \}/,
  ],
  [
    "a certificate that has expired",
    { at: "expired", more: () => ({ tls: { ca: ca() } }) },
    /has expired/,
    "tls",
    /renew it on the broker/,
  ],
  [
    "a certificate for another name",
    { at: "elsewhere", more: () => ({ tls: { ca: ca() } }) },
    /is for another name/,
    "brokers",
    /serverName: NAME/,
  ],
  [
    "no certificate of the client",
    { at: "mutual", more: () => ({ tls: { ca: ca() } }) },
    /asks for a certificate of this client/,
    "tls",
    /cert: FILE, key: FILE/,
  ],
  [
    "a client that the broker does not trust",
    { at: "mutual", more: () => ({ tls: { ca: ca(), ...broker.stranger } }) },
    /refuses the certificate of this client/,
    "tls.cert",
    /an authority that the broker trusts/,
  ],
];

/** A folder whose config comes in by `way`. */
async function folder({ at, more }: Ways[string], topic: string, group = topic): Promise<string> {
  const cwd = await mkdtemp(join(dir, "way-"));
  const kafka = { brokers: [broker.address[at]], topics: [topic], group, ...more() };
  await writeFile(join(cwd, "cutover.yaml"), JSON.stringify({ store: "./data", capture: { source: { kafka } } }));
  return cwd;
}

describe.skipIf(skip)("Kafka behind TLS and SASL", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-secure-"));
    broker = await startSecureBroker(join(dir, "broker"));
    await createTopic(broker.address.plain, "secure", 2);
    await produce(broker.address.plain, "secure", envelopes(0, COUNT));
  }, 240_000);
  afterAll(async () => {
    await broker?.stop();
    await rm(dir, { recursive: true, force: true });
  }, 60_000);

  test.each(Object.entries(WAYS))("%s: all is captured", async (_name, way) => {
    const cwd = await folder(way, "secure", `g-${Math.random()}`);
    const result = await runJson(["capture", "--until", "end"], { cwd });
    expect(result).toMatchObject({ consumed: COUNT, captured: COUNT });
  });

  test.each(WRONG)("%s is told with what to change", async (_name, { at, more }, message, place, hint) => {
    const settings = { brokers: [broker.address[at]], topics: ["secure"], group: "g", clientId: "c", ...more() };
    const error = await connectKafka(settings, silent).then(
      () => undefined,
      (thrown: CutoverError) => thrown,
    );
    expect(error).toMatchObject({ code: "SOURCE_UNUSABLE", exitCode: 2, message: expect.stringMatching(message) });
    expect(error?.details.place).toBe(["capture.source.kafka", ...(place === "" ? [] : [place])].join("."));
    expect(error?.details.hint).toMatch(hint);
    expect(JSON.stringify(error?.details)).not.toContain("wr0ng-word");
  });

  test("doctor comes in the same way, and says what is wrong", async () => {
    const good = await folder(WAYS["TLS and SCRAM-SHA-512"] as Ways[string], "secure");
    const { checks } = await runJson<{ checks: { name: string; ok: boolean; detail: string; hint?: string }[] }>(
      ["doctor"],
      { cwd: good },
    );
    expect(checks.find(({ name }) => name.startsWith("kafka topics"))).toMatchObject({
      ok: true,
      detail: `secure: 2 partitions, ${COUNT} messages`,
    });
    const wrong = await folder({ at: "safe", more: () => ({ tls: true, sasl: login("scram-sha-512") }) }, "secure");
    const { code, stdout } = await runCli(["doctor"], { cwd: wrong });
    expect(code).toBe(2);
    expect(stdout).toContain("not signed by an authority that is trusted here");
    expect(stdout).toContain("next: name the file of the authority");
  });

  test("what is not set here stops capture and doctor with file and line, and no other command", async () => {
    const sasl = { ...login("plain"), password: `\${NOWHERE}` };
    const cwd = await folder({ at: "login", more: () => ({ sasl }) }, "secure");
    for (const args of [["capture", "--until", "end"], ["doctor"]]) {
      const { code, stdout, stderr } = await runCli(args, { cwd });
      expect(code).toBe(2);
      expect(stdout + stderr).toContain("cutover.yaml:1 capture.source.kafka.sasl.password");
      expect(stdout + stderr).toContain("the environment variable NOWHERE is not set");
    }
    expect((await runCli(["config"], { cwd })).code).toBe(0);
  });

  test("the password stands in no output, however much is logged", async () => {
    const sasl = { ...login("scram-sha-512"), password: `\${SECRET}` };
    for (const [SECRET, code] of [
      [USER.password, 0],
      ["wr0ng-word", 2],
    ] as const) {
      const cwd = await folder({ at: "safe", more: () => ({ tls: { ca: ca() }, sasl }) }, "secure");
      const env = { SECRET, CUTOVER_LOG_LEVEL: "debug", CUTOVER_LOG: "json" };
      for (const args of [["capture", "--until", "end"], ["doctor"]]) {
        const result = await runCli(args, { cwd, env });
        expect(result.code).toBe(code);
        expect(result.stdout + result.stderr).not.toContain(SECRET);
      }
    }
  });

  test("user and password of the environment win over the file", async () => {
    const cwd = await folder({ at: "login", more: () => ({ sasl: login("plain", "wr0ng-word") }) }, "secure");
    const env = { CUTOVER_KAFKA_USERNAME: USER.username, CUTOVER_KAFKA_PASSWORD: USER.password };
    expect(await runJson(["capture", "--until", "end"], { cwd, env })).toMatchObject({ captured: COUNT });
  });

  test("a login that has to be renewed again and again interrupts nothing", async () => {
    await createTopic(broker.address.plain, "renewed", 1);
    const cwd = await folder(WAYS.PLAIN as Ways[string], "renewed");
    const { done } = startCli(["capture", "--until", "idle:9s", "--json"], { cwd });
    for (let i = 0; i < 14; i++) {
      await produce(broker.address.plain, "renewed", envelopes(i, i + 1));
      await sleep(1_000);
    }
    const { code, stdout, stderr } = await done;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ captured: 14 });
  });
});
