import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../../../src/config/load.ts";
import { resolveModel } from "../../../src/config/models.ts";
import { isCutoverError } from "../../../src/errors.ts";
import { lockKey, makeAuthority, makeIdentity, opensslIsHere } from "../../support/certificates.ts";
import { requireOrSkip } from "../../support/require.ts";

const fixtures = path.join(import.meta.dirname, "../../../fixtures/config");
const none = { env: {}, flags: {} };
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-config-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function write(text: string | Uint8Array, name = "cutover.yaml"): Promise<string> {
  await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
  await writeFile(path.join(dir, name), text);
  return name;
}

async function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error("it was accepted");
    },
    (error: Error) => error,
  );
}

describe("every bad config in fixtures/config is refused with the message beside it", async () => {
  const names = (await readdir(fixtures)).filter((name) => name.endsWith(".yaml"));
  test("there are some", () => expect(names.length).toBeGreaterThan(10));
  test.each(names)("%s", async (name) => {
    const error = await errorOf(loadConfig({ file: name, cwd: fixtures, ...none }));
    expect(error).toBeInstanceOf(ConfigError);
    await expect(`${error.message}\n`).toMatchFileSnapshot(path.join(fixtures, name.replace(/\.yaml$/, ".txt")));
  });
});

describe("which file is read", () => {
  test("without a file the defaults hold", async () => {
    const empty = await mkdtemp(path.join(dir, "empty-"));
    const { config, file, sources } = await loadConfig({ cwd: empty, ...none });
    expect(file).toBeUndefined();
    expect(config).toMatchObject({ store: "./data", modelPatterns: ["*"], capture: { memory: 512 * 1024 * 1024 } });
    expect(new Set(sources.map(({ source }) => source))).toEqual(new Set(["default"]));
  });

  test("./cutover.yaml is read when it is there, also when it is empty", async () => {
    await write("");
    expect((await loadConfig({ cwd: dir, ...none })).file).toBe("cutover.yaml");
  });

  test("a file that is named and not there is an error that says what to do", async () => {
    const error = await errorOf(loadConfig({ file: "nowhere.yaml", cwd: dir, ...none }));
    expect(error).toMatchObject({ code: "CONFIG", details: { place: "nowhere.yaml" } });
    expect(isCutoverError(error) && error.details.hint).toMatch(/cutover init/);
  });

  test("bytes that are not UTF-8 are refused, a byte-order mark is not", async () => {
    const bad = await write(new Uint8Array([0x73, 0xff, 0xfe]), "latin.yaml");
    expect(await errorOf(loadConfig({ file: bad, cwd: dir, ...none }))).toMatchObject({ code: "CONFIG" });
    const marked = await write("\ufeffstore: ./marked\n", "marked.yaml");
    expect((await loadConfig({ file: marked, cwd: dir, ...none })).config.store).toBe("./marked");
  });

  test("a folder is refused as unreadable", async () => {
    expect(await errorOf(loadConfig({ file: ".", cwd: dir, ...none }))).toMatchObject({
      code: "CONFIG",
      message: "the config file cannot be read",
    });
  });
});

describe("who wins", () => {
  test("flag over environment over file over default, and sources say so", async () => {
    const file = await write("store: ./from-file\ns3:\n  region: eu-west-1\n  endpoint: http://file:1\n", "wins.yaml");
    const env = { CUTOVER_STORE: "./from-env", CUTOVER_S3_ENDPOINT: "http://env:2", CUTOVER_S3_REGION: "" };
    const { config, sources } = await loadConfig({ file, cwd: dir, env, flags: { store: "s3://from/flag" } });
    expect(config.store).toBe("s3://from/flag");
    expect(config.s3).toEqual({ region: "eu-west-1", endpoint: "http://env:2" });
    const source = Object.fromEntries(sources.map(({ path: at, source: by }) => [at, by]));
    expect(source).toMatchObject({
      store: "--store",
      "s3.endpoint": "CUTOVER_S3_ENDPOINT",
      "s3.region": "wins.yaml:3",
      "capture.memory": "default",
    });
  });

  test("an environment variable that is wrong is named, not a line of the file", async () => {
    const file = await write("s3: { forcePathStyle: true }\n", "env.yaml");
    const error = await errorOf(
      loadConfig({
        file,
        cwd: dir,
        env: { CUTOVER_S3_FORCE_PATH_STYLE: "maybe", CUTOVER_CAPTURE_MEMORY: "x" },
        flags: {},
      }),
    );
    expect(error.message).toContain("CUTOVER_S3_FORCE_PATH_STYLE (s3.forcePathStyle)");
    expect(error.message).toContain("CUTOVER_CAPTURE_MEMORY (capture.memory)");
    expect(error.message).toContain('received: "maybe"');
  });

  test("brokers and group of the environment hold where the file has a Kafka source, and bring none into being", async () => {
    const env = { CUTOVER_KAFKA_BROKERS: "a:1, b:2", CUTOVER_KAFKA_GROUP: "mine" };
    const kafka = await write("capture: { source: { kafka: { brokers: [x:9], topics: [t] } } }\n", "kafka.yaml");
    const loaded = await loadConfig({ file: kafka, cwd: dir, env, flags: {} });
    expect(loaded.config.capture.source?.kafka).toMatchObject({
      brokers: ["a:1", "b:2"],
      topics: ["t"],
      group: "mine",
    });
    const wrong = await errorOf(loadConfig({ file: kafka, cwd: dir, env: { CUTOVER_KAFKA_BROKERS: "a" }, flags: {} }));
    expect(wrong.message).toContain("CUTOVER_KAFKA_BROKERS (capture.source.kafka.brokers)");
    const files = await write("capture: { source: { files: [a.ndjson] } }\n", "files.yaml");
    expect((await loadConfig({ file: files, cwd: dir, env, flags: {} })).config.capture.source).toEqual({
      files: ["a.ndjson"],
    });
  });

  test("a header's value is hidden", async () => {
    const file = await write(
      "targets: { a: { http: { url: 'http://h/', headers: { authorization: 'Bearer s3cret' } } } }\n",
      "secret.yaml",
    );
    const { sources } = await loadConfig({ file, cwd: dir, ...none });
    expect(sources).toContainEqual({
      path: "targets.a.http.headers.authorization",
      value: "(hidden)",
      source: "secret.yaml:1",
    });
    expect(JSON.stringify(sources)).not.toContain("s3cret");
  });
});

describe("relative paths", () => {
  const text = "capture: { source: { files: ['logs/*.ndjson', '-', /abs/x] } }\n";

  test("of the file start at the file's folder, the default store too", async () => {
    const file = await write(text, "sub/cutover.yaml");
    const { config } = await loadConfig({ file, cwd: dir, ...none });
    expect(config.store).toBe(path.join("sub", "data"));
    expect(config.capture.source?.files).toEqual([path.join("sub", "logs/*.ndjson"), "-", "/abs/x"]);
  });

  test("of a flag start at the working directory", async () => {
    const file = await write("store: ./x\n", "sub/cutover.yaml");
    expect((await loadConfig({ file, cwd: dir, env: {}, flags: { store: "./here" } })).config.store).toBe("./here");
  });

  test.each(["s3://bucket/prefix", "memory:", "/absolute"])("%s is left alone", async (store) => {
    const file = await write(`store: ${JSON.stringify(store)}\n`, "sub/cutover.yaml");
    expect((await loadConfig({ file, cwd: dir, ...none })).config.store).toBe(store);
  });
});

test("model patterns keep the order written, where a JS object puts integers first", async () => {
  const file = await write(
    'models:\n  b: { gate: { maxMismatchRate: 0.1 } }\n  42: { gate: {} }\n  "*": { default: exact, gate: { confidence: 0.9 } }\n',
    "order.yaml",
  );
  const { config } = await loadConfig({ file, cwd: dir, ...none });
  expect(config.modelPatterns).toEqual(["b", "42", "*"]);
  expect(resolveModel(config, "b")).toMatchObject({
    default: "exact",
    gate: { maxMismatchRate: 0.1, confidence: 0.9 },
  });
});

test("aliases share a part, and an alias bomb is refused", async () => {
  const shared = await write("models:\n  a: &all { default: exact }\n  b: *all\n", "alias.yaml");
  expect((await loadConfig({ file: shared, cwd: dir, ...none })).config.models.b).toMatchObject({ default: "exact" });
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
  const bomb = await write(`l0: &l0 [x]\n${levels.join("\n")}\n`, "bomb.yaml");
  expect(await errorOf(loadConfig({ file: bomb, cwd: dir, ...none }))).toBeInstanceOf(ConfigError);
});

describe.skipIf(requireOrSkip("openssl missing", opensslIsHere()))("a Kafka source behind TLS and SASL", () => {
  beforeAll(async () => {
    const authority = await makeAuthority(dir);
    const client = await makeIdentity(authority, "client", []);
    await makeIdentity(authority, "other", []);
    await makeIdentity(authority, "old", [], { expired: true });
    await lockKey(authority, client, "locked", "open");
    await writeFile(path.join(dir, "junk"), "junk");
  });

  const kafka = (more: string) => `capture: { source: { kafka: { brokers: [x:9], topics: [t], ${more} } } }\n`;

  test("takes its secrets from variables, and shows none", async () => {
    const file = await write(kafka('sasl: { mechanism: plain, username: "${U}", password: "p-${P}" }'), "secrets.yaml");
    const { config, sources } = await loadConfig({ file, cwd: dir, env: { U: "me", P: "hunter2" }, flags: {} });
    expect(config.sourceFault).toBeUndefined();
    expect(config.capture.source?.kafka?.sasl).toMatchObject({ username: "me", password: "p-hunter2" });
    expect(JSON.stringify(sources)).not.toContain("hunter2");
    expect(sources).toContainEqual({
      path: "capture.source.kafka.sasl.password",
      value: "(hidden)",
      source: "secrets.yaml:1",
    });
  });

  test("a password that the environment gives is meant as it stands, and needs the file to ask for a login", async () => {
    const env = { CUTOVER_KAFKA_USERNAME: "me", CUTOVER_KAFKA_PASSWORD: "a${B}c" };
    const file = await write(kafka("sasl: { mechanism: scram-sha-512 }"), "given.yaml");
    const { config, sources } = await loadConfig({ file, cwd: dir, env, flags: {} });
    expect(config.sourceFault).toBeUndefined();
    expect(config.capture.source?.kafka?.sasl).toEqual({
      mechanism: "scram-sha-512",
      username: "me",
      password: "a${B}c",
    });
    expect(JSON.stringify(sources)).not.toContain("${B}");
    const plain = await write(kafka("group: g"), "plain.yaml");
    expect((await loadConfig({ file: plain, cwd: dir, env, flags: {} })).config.capture.source?.kafka?.sasl).toBe(
      undefined,
    );
  });

  test("what is missing here is kept for who reads the source, with file and line", async () => {
    const file = await write(
      `capture:\n  source:\n    kafka:\n      brokers: ["x:9"]\n      topics: [t]\n      sasl:\n        mechanism: plain\n        username: "\${U}"\n        password: "\${P}"\n`,
      "sub/unset.yaml",
    );
    const { config } = await loadConfig({ file, cwd: dir, env: { P: "" }, flags: {} });
    expect(config.sourceFault).toMatchObject({ code: "CONFIG" });
    expect(config.sourceFault?.message).toBe(
      [
        "2 faults in sub/unset.yaml",
        "",
        "  sub/unset.yaml:8 capture.source.kafka.sasl.username",
        "    the environment variable U is not set",
        "    next:     export U=…",
        "",
        "  sub/unset.yaml:9 capture.source.kafka.sasl.password",
        "    the environment variable P is not set",
        "    next:     export P=…",
      ].join("\n"),
    );
  });

  test.each([
    [
      "ca: none.pem",
      /tls\.ca\n {4}there is no such file\n {4}expected: a certificate in PEM\n {4}received: .*none\.pem/,
    ],
    ["ca: junk", /tls\.ca\n {4}this file holds no certificate\n[\s\S]*openssl pkcs12/],
    ["ca: .", /tls\.ca\n {4}EISDIR/],
    ["cert: junk, key: junk", /tls\.key\n {4}this file holds no private key/],
    ["cert: client.pem, key: other.key", /tls\.key\n {4}this is not the key of the certificate/],
    ["cert: old.pem, key: old.key", /tls\.cert\n {4}the certificate has expired\n[\s\S]*valid to/],
    ["cert: client.pem, key: locked.key", /tls\.key\n {4}the key is encrypted\n {4}expected: passphrase beside it/],
    ["cert: client.pem, key: locked.key, passphrase: wrong-word", /tls\.passphrase\n {4}it does not open the key/],
  ])("tls: { %s } is told with what is wrong", async (tls, message) => {
    const file = await write(kafka(`tls: { ${tls} }`), "tls.yaml");
    const { config } = await loadConfig({ file, cwd: dir, ...none });
    expect(config.sourceFault?.message).toMatch(message);
    expect(config.sourceFault?.message).not.toContain("wrong-word");
  });

  test("files start at the config's folder, and what fits is no fault", async () => {
    const at = path.basename(dir);
    const tls = "{ ca: client.pem, cert: client.pem, key: locked.key, passphrase: open }";
    await write(kafka(`tls: ${tls}`), "fits.yaml");
    const { config } = await loadConfig({ file: path.join(at, "fits.yaml"), cwd: path.dirname(dir), ...none });
    expect(config.sourceFault).toBeUndefined();
    expect(config.capture.source?.kafka?.tls).toMatchObject({ ca: path.join(dir, "client.pem") });
  });
});
