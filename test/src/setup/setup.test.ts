import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executeCli } from "../../../src/cli.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { CutoverError } from "../../../src/errors.ts";
import { withSession } from "../../../src/open-session.ts";
import type { Check } from "../../../src/session.ts";
import { configJsonSchema } from "../../../src/setup/config.ts";
import { doctor } from "../../../src/setup/doctor.ts";
import { CONFIG_TEMPLATE } from "../../../src/setup/init.ts";
import { listenDogstatsd } from "../../support/dogstatsd.ts";
import { memoryOutput } from "../../support/output.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-setup-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function run(...argv: readonly string[]) {
  const [stdout, stderr] = [memoryOutput(), memoryOutput()];
  const hooks = { on: () => () => {}, exitNow: () => {} };
  const code = await executeCli(argv, { stdin: process.stdin, stdout, stderr }, {}, hooks);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe("init", () => {
  test("writes a config that loads, never over one that is there, unless forced", async () => {
    const file = path.join(dir, "new.yaml");
    expect(await run("init", "--config", file)).toMatchObject({ code: 0, stdout: "" });
    await expect(loadConfig({ file, env: {}, flags: {} })).resolves.toMatchObject({ config: { modelPatterns: ["*"] } });
    await writeFile(file, "store: ./mine\n");
    const again = await run("init", "--config", file);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--force");
    expect(await readFile(file, "utf8")).toBe("store: ./mine\n");
    expect((await run("init", "--config", file, "--force")).code).toBe(0);
    expect(await readFile(file, "utf8")).toBe(CONFIG_TEMPLATE);
  });

  test("every commented setting of the template is one that the schema takes", async () => {
    // Comments that hold a setting are uncommented; `files` and other kinds of target exclude what stands there already.
    const lines = CONFIG_TEMPLATE.split("\n").map((line) =>
      /^\s*# +(\w+): /.test(line) && !/# (files|sagemaker|command|module):/.test(line) ? line.replace("# ", "") : line,
    );
    const text = lines
      .join("\n")
      .replace("# s3:", "s3:")
      .replace("# metrics:", "metrics:")
      .replace("  # map: ", "  map: ");
    const file = path.join(dir, "all.yaml");
    await writeFile(file, text);
    const { config } = await loadConfig({ file, env: {}, flags: {} });
    expect(config.s3).toEqual({
      endpoint: "http://127.0.0.1:9000",
      region: "us-east-1",
      forcePathStyle: true,
      sse: "aws:kms",
    });
    expect(config.metrics.dogstatsd).toMatchObject({ prefix: "cutover", tags: { env: "ci" } });
    expect(config.targets.candidate?.http?.headers).toHaveProperty("authorization");
  });

  test("a folder that is not there is an error with its place", async () => {
    const { code, stderr } = await run("init", "--config", path.join(dir, "nowhere", "x.yaml"));
    expect(code).toBe(2);
    expect(stderr).toContain("cannot be written");
  });
});

describe("config", () => {
  test("--sources shows every setting with what said it", async () => {
    const file = path.join(dir, "sources.yaml");
    await writeFile(file, "store: ./data\ns3:\n  region: eu-west-1\n");
    const { code, stdout } = await run("config", "--sources", "--config", file, "--store", "memory:");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^store\s+"memory:"\s+--store$/m);
    expect(stdout).toContain(`${file}:3`);
    expect(stdout).toMatch(/^capture\.memory\s+536870912\s+default$/m);
  });

  test("--schema is a JSON Schema of the file as written, and describes the template's keys", async () => {
    const { code, stdout } = await run("config", "--schema");
    expect(code).toBe(0);
    const schema = JSON.parse(stdout);
    expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
    expect(Object.keys(schema.properties)).toEqual([
      "store",
      "s3",
      "capture",
      "queue",
      "worker",
      "targets",
      "models",
      "waivers",
      "metrics",
    ]);
    expect(schema).toMatchObject({ additionalProperties: false });
    expect(schema.required ?? []).toEqual([]);
  });
});

describe("doctor", () => {
  async function diagnose(yaml: string, checks: readonly Check[] = []) {
    const file = path.join(dir, "doctor.yaml");
    await writeFile(file, yaml);
    const [stdout, stderr] = [memoryOutput(), memoryOutput()];
    const flags = { json: true, quiet: false, color: false };
    const around = { env: {}, streams: { stdin: process.stdin, stdout, stderr }, version: "0", flags };
    const signal = new AbortController().signal;
    const code = await withSession({ ...around, signal, configFile: file, store: "memory:" }, (session) =>
      doctor(session, checks),
    );
    return { code, ...JSON.parse(stdout.text()) };
  }

  test("all well: exit 0", async () => {
    const listener = await listenDogstatsd();
    const yaml = `metrics: { dogstatsd: { url: "${listener.url}" } }\n`;
    const { code, ok, checks } = await diagnose(yaml, [{ name: "mine", run: async () => "fine" }]);
    expect([code, ok]).toEqual([0, true]);
    expect(checks).toMatchObject([
      { name: "store memory:", ok: true },
      { name: "mine", ok: true, detail: "fine" },
      { name: `dogstatsd ${listener.url}`, ok: true },
    ]);
    await listener.close();
  });

  test("one that fails: exit 2, with how to mend it; the others are still shown", async () => {
    const hint = "start it";
    const failing = new CutoverError("TARGET_UNUSABLE", "no answer", { received: "ECONNREFUSED", hint });
    const { code, ok, checks } = await diagnose("", [
      { name: "bad", run: () => Promise.reject(failing) },
      { name: "good", run: async () => "fine" },
    ]);
    expect([code, ok]).toEqual([2, false]);
    expect(checks[1]).toEqual({ name: "bad", ok: false, detail: "no answer: ECONNREFUSED", hint });
    expect(checks[2]).toMatchObject({ ok: true });
  });

  test("through the command line, against a server that answers and one that does not", async () => {
    const server = createServer((_request, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const file = path.join(dir, "targets.yaml");
    await writeFile(file, `targets: { up: { http: { url: "http://127.0.0.1:${port}/{model}" } } }\n`);
    const up = await run("doctor", "--config", file, "--store", "memory:");
    await new Promise((resolve) => server.close(resolve));
    const down = await run("doctor", "--config", file, "--store", "memory:");
    expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok {6}target up/m) });
    expect(down).toMatchObject({ code: 2, stdout: expect.stringMatching(/^failed {2}target up.*\n +next: /m) });
  });
});
