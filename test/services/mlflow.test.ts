/**
 * The whole replay against MLflow's scoring server, an endpoint that nobody here wrote: what curl gets of it is what
 * is stored, byte for byte, its errors included.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReplayResult } from "../../replay/results/result.ts";
import { openStore } from "../../src/store/open.ts";
import { readResults } from "../replay/world.ts";
import { runJson } from "../support/cli.ts";
import { requireOrSkip } from "../support/require.ts";
import { isInstalled, PREPARE } from "./lake/readers.ts";
import { run } from "./lib/process.ts";
import { mlflow, type ScoringServer, startMlflow } from "./mlflow/server.ts";

const skip = requireOrSkip(`mlflow missing: ${PREPARE}`, await isInstalled(mlflow));

const JSON_TYPE = "application/json";
const frame = (...rows: number[][]): string =>
  JSON.stringify({ dataframe_split: { columns: ["length", "share"], data: rows } });

/** [what is sent, body, content type, whether the model answers it] */
const REQUESTS: readonly [string, string, string, boolean][] = [
  ["one row", frame([3, 0.5]), JSON_TYPE, true],
  ["many rows", frame(...Array.from({ length: 500 }, (_, i) => [i % 9, (i % 13) / 12])), JSON_TYPE, true],
  ["records", '{"dataframe_records":[{"length":1,"share":0.25},{"share":1e-3,"length":6}]}', JSON_TYPE, true],
  ["inputs by column", '{ "inputs" : {"length":[1,2], "share":[0.1,0.2]} }', JSON_TYPE, true],
  [
    "a document with line breaks",
    '{"dataframe_split":\r\n{"columns":["length","share"],\n"data":[[5,0.75]]}}',
    JSON_TYPE,
    true,
  ],
  ["CSV", "length,share\n4,0.5\n6,0.25\n", "text/csv", true],
  ["CSV with a character set", "length,share\n2,0.125\n", "text/csv; charset=utf-8", true],
  ["no JSON", '{"dataframe_split":', JSON_TYPE, false],
  ["a column that is missing", '{"dataframe_split":{"columns":["length"],"data":[[1]]}}', JSON_TYPE, false],
  ["a value of another type", frame([Number.NaN, 1]).replace("null", '"long"'), JSON_TYPE, false],
  ["a form that MLflow does not know", "{}", JSON_TYPE, false],
  ["a type that MLflow does not know", "<x/>", "application/xml", false],
];

describe.skipIf(skip)("MLflow's scoring server", { timeout: 300_000 }, () => {
  let dir: string;
  let server: ScoringServer | undefined;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "cutover-mlflow-"));
    server = await startMlflow(dir);
    const lines = REQUESTS.flatMap(([, body, inputType], i) =>
      // Each twice, so that answers come from a connection that has served before as well.
      [0, 1].map((again) =>
        JSON.stringify({
          id: `${i}-${again}`,
          model: "linear",
          input_base64: Buffer.from(body).toString("base64"),
          inputType,
          output: {},
        }),
      ),
    );
    await writeFile(path.join(dir, "requests.ndjson"), `${lines.join("\n")}\n`);
    const config = {
      capture: { source: { files: ["requests.ndjson"] } },
      targets: { mlflow: { http: { url: `${server.url}/invocations` }, retry: { backoff: "10ms" } } },
    };
    await writeFile(path.join(dir, "cutover.yaml"), JSON.stringify(config));
  }, 400_000);
  afterAll(async () => {
    await server?.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** Body, status and type as curl gets them. */
  async function curl(body: string, type: string): Promise<{ body: Buffer; status: number; type: string }> {
    const [input, output] = [path.join(dir, "curl.in"), path.join(dir, "curl.out")];
    await writeFile(input, body);
    const headers = ["-H", `content-type: ${type}`, "-H", "accept: application/json"];
    const told = await run(
      {
        file: "curl",
        args: [
          "-sS",
          "-X",
          "POST",
          ...headers,
          "--data-binary",
          `@${input}`,
          "-o",
          output,
          "-w",
          "%{http_code} %{content_type}",
          `${server?.url}/invocations`,
        ],
      },
      { cwd: dir, timeoutMs: 60_000 },
    );
    const [status = "", ...rest] = told.split(" ");
    return { body: await readFile(output), status: Number(status), type: rest.join(" ") };
  }

  test("is replayed to, and every answer stands as curl gets it", async () => {
    await runJson(["capture", "--until", "end", "--config", "cutover.yaml"], { cwd: dir });
    const result = await runJson<ReplayResult>(["replay", "--target", "mlflow", "--config", "cutover.yaml"], {
      cwd: dir,
    });
    expect(result).toMatchObject({ planned: 2 * REQUESTS.length, replayed: 2 * REQUESTS.length, failed: 0 });
    const store = await openStore(path.join(dir, "data"), {});
    const results = await readResults(store, result.run);
    await store.close();
    for (const [i, [name, body, type, answered]] of REQUESTS.entries()) {
      const expected = await curl(body, type);
      expect(expected.status >= 200 && expected.status < 300, `${name}: ${expected.status}`).toBe(answered);
      const stored = results.filter(({ id }) => id.startsWith(`${i}-`));
      expect(stored).toHaveLength(2);
      for (const one of stored) {
        expect(one, name).toMatchObject({
          outcome: answered ? "ok" : "model_error",
          status: expected.status,
          outputType: expected.type,
        });
        expect(Buffer.from(one.output ?? []).toString("latin1"), name).toBe(expected.body.toString("latin1"));
      }
    }
  });

  test("gives numbers that a parser would not give back: they are stored as they stand", async () => {
    const { body } = await curl(frame([3, 0.5]), JSON_TYPE);
    expect(body.toString()).toMatch(/^\{"predictions": \[\[0\.\d{10,}, 0\.\d{10,}\]\]\}$/);
  });
});
