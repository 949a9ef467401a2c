/** `cutover datadog`, as a user runs it, against a server that speaks Datadog's API. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { KeyedMonitor } from "../../../compare/datadog/types.ts";
import { runCli, runJson } from "../../support/cli.ts";
import { expectModel } from "./models.ts";
import { type DatadogServer, KEYS, serveDatadog } from "./server.ts";

const CONFIG = {
  targets: { candidate: { http: { url: "http://127.0.0.1:8080" } } },
  models: { "client-a/*": { gate: { maxMismatchRate: 0.01 } }, "*": { gate: { maxP99Ratio: 1.5 } } },
  metrics: { dogstatsd: { url: "udp://127.0.0.1:8125", tags: { env: "ci" } } },
};

let server: DatadogServer;
let dir: string;
const env = (): Record<string, string> => ({ ...KEYS, DD_HOST: server.url });
const write = (config: object): Promise<void> => writeFile(join(dir, "cutover.yaml"), JSON.stringify(config));

beforeEach(async () => {
  server = await serveDatadog();
  dir = await mkdtemp(join(tmpdir(), "cutover-datadog-"));
  await write(CONFIG);
});
afterEach(async () => {
  await Promise.all([server.close(), rm(dir, { recursive: true, force: true })]);
});

interface Applied {
  readonly monitors: { key: string; id: number; did: string }[];
  readonly stale: { id: number; name: string }[];
}
const apply = (args: readonly string[] = []): Promise<Applied> =>
  runJson<Applied>(["datadog", "monitors", "--apply", ...args], { cwd: dir, env: env() });

test("monitors are made once, composites of the ids of their sides, and updated the next time", async () => {
  const first = await apply(["--notify", "@slack-ml-oncall"]);
  expect(first.monitors.map(({ did }) => did)).toEqual(first.monitors.map(() => "created"));
  expect(server.monitors.size).toBe(first.monitors.length);
  const idOf = (key: string): number => first.monitors.find((each) => each.key === key)?.id as number;
  expect(server.monitors.get(idOf("mismatch"))?.query).toBe(`${idOf("mismatch_rate")} && ${idOf("mismatch_volume")}`);
  const again = await apply();
  expect(again.monitors).toEqual(first.monitors.map((each) => ({ ...each, did: "updated" })));
  expect(server.monitors.size).toBe(first.monitors.length);
  expect(again.stale).toEqual([]);
});

test("another environment's monitors are left alone, and what the config no longer has is named", async () => {
  const first = await apply();
  await write({ ...CONFIG, metrics: { dogstatsd: { ...CONFIG.metrics.dogstatsd, tags: { env: "ci", zone: "b" } } } });
  const other = await apply();
  expect(other.monitors.map(({ did }) => did)).toEqual(first.monitors.map(() => "created"));
  expect(other.stale).toEqual([]);
  await write({ ...CONFIG, models: { "*": { gate: {} } } });
  const fewer = await apply();
  const gone = first.monitors.filter(({ key }) => !fewer.monitors.some((each) => each.key === key)).map(({ id }) => id);
  expect(gone.length).toBeGreaterThan(2);
  expect(fewer.stale.map(({ id }) => id).sort()).toEqual(gone.sort());
  expect(server.monitors.size).toBe(first.monitors.length + other.monitors.length);
});

test("a limit of calls is waited for, and more than a page of monitors is read", async () => {
  const unknown = { name: "theirs", type: "query alert", query: "avg(last_5m):avg:x{*} > 1" };
  for (let id = 1; id <= 250; id++)
    server.monitors.set(id, { ...unknown, id, tags: ["managed-by:cutover", "env:ci", `cutover_monitor:old_${id}`] });
  server.next.push({ status: 429, headers: { "x-ratelimit-reset": "1" } }, { status: 503 });
  const { monitors, stale } = await apply();
  expect(stale).toHaveLength(250);
  expect(server.monitors.size).toBe(250 + monitors.length);
});

test("the dashboard is made once and updated the next time", async () => {
  const run = () => runJson<Applied>(["datadog", "dashboard", "--apply"], { cwd: dir, env: env() });
  const first = await run();
  const again = await run();
  expect([first.monitors[0]?.did, again.monitors[0]?.did]).toEqual(["created", "updated"]);
  expect(server.dashboards.size).toBe(1);
});

test("keys that are missing or refused end with what to do, and stand in no output", async () => {
  const missing = await runCli(["datadog", "monitors", "--apply"], {
    cwd: dir,
    env: { DD_API_KEY: "", DD_APP_KEY: "" },
  });
  expect([missing.code, missing.stdout]).toEqual([2, ""]);
  expect(missing.stderr).toContain("DD_APP_KEY");
  const secret = "not-the-key-0815";
  const refused = await runCli(["datadog", "monitors", "--apply"], { cwd: dir, env: { ...env(), DD_API_KEY: secret } });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("Datadog refuses the keys");
  expect(refused.stderr + refused.stdout).not.toContain(secret);
  expect(refused.stderr + refused.stdout).not.toContain(KEYS.DD_APP_KEY);
  expect(server.monitors.size).toBe(0);
});

test("files are one a document, in an order in which they can be made, ready for the API", async () => {
  const out = join(dir, "monitors");
  await runCli(["datadog", "monitors", "--out", out], { cwd: dir });
  const documents = (await runJson<{ monitors: KeyedMonitor[] }>(["datadog", "monitors"], { cwd: dir })).monitors;
  const files = (await readdir(out)).sort();
  expect(files.map((file) => file.replace(/^\d+-|\.json$/g, ""))).toEqual(documents.map(({ key }) => key));
  for (const [i, file] of files.entries()) {
    const document = JSON.parse(await readFile(join(out, file), "utf8"));
    expect(document).toEqual(documents[i]?.monitor);
    expectModel(document, "Monitor");
  }
  const dashboard = await runJson(["datadog", "dashboard"], { cwd: dir });
  await runCli(["datadog", "dashboard", "--out", out], { cwd: dir });
  expect(JSON.parse(await readFile(join(out, "dashboard.json"), "utf8"))).toEqual(dashboard);
});

test("on a terminal monitors are a table, and a time between runs that Datadog has no window for is refused", async () => {
  const { code, stdout } = await runCli(["datadog", "monitors"], { cwd: dir });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^key +type +query\n|^key/);
  for (const every of ["90m", "8d", "x"]) {
    const refused = await runCli(["datadog", "monitors", "--every", every], { cwd: dir });
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
  }
});
