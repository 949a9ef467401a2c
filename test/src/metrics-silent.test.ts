/** A run whose metrics reach nobody comes to the same end as one without metrics: verdict, output, exit code. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-silent-"));
  const lines = Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({ id: `r${i}`, model: `m${i % 3}`, capturedAt: i, input: { i }, output: { label: "good" } }),
  );
  await writeFile(join(dir, "traffic.ndjson"), `${lines.join("\n")}\n`);
  await writeFile(
    join(dir, "model.mjs"),
    `export default ({ body }) => {
      const { i } = JSON.parse(Buffer.from(body).toString());
      return { body: JSON.stringify({ label: i % 10 === 0 ? "bad" : "good" }) };
    };\n`,
  );
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Exit codes and the summary of one whole loop, in a store of its own. */
async function loop(name: string, metrics: object): Promise<unknown> {
  const config = join(dir, `${name}.json`);
  await writeFile(
    config,
    JSON.stringify({
      store: `./${name}`,
      capture: { source: { files: ["traffic.ndjson"] } },
      targets: { candidate: { module: { path: "./model.mjs" } } },
      metrics,
    }),
  );
  const run = (...args: string[]) => runCli([...args, "--config", config, "--json"], { cwd: dir });
  const capture = await run("capture", "--until", "end");
  const gate = await run("run", "--target", "candidate");
  // Latencies are measured, and are their own at each time.
  const summary = JSON.parse(gate.stdout, (key, value: unknown) =>
    key === "latency" || key === "inputs" ? null : value,
  );
  expect(gate.stderr).not.toContain('"level":"error"');
  return { codes: [capture.code, gate.code], summary };
}

test("a port on which nobody listens, a host that nobody has and a name that nobody knows change nothing", async () => {
  const without = await loop("without", {});
  expect(without).toMatchObject({ codes: [0, 1], summary: { verdict: "fail" } });
  for (const [i, host] of ["127.0.0.1:9", "192.0.2.1:8125", "no-such-host.invalid:8125"].entries())
    expect(await loop(`dead${i}`, { dogstatsd: { url: `udp://${host}` } })).toEqual(without);
}, 120_000);
