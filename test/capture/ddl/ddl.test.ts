import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DIALECTS, type Dialect, renderDdl } from "../../../capture/ddl/ddl.ts";
import { presentDatasets } from "../../../capture/ddl/ddl-datasets.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { commitKey, diffsKey } from "../../../src/lake/keys.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { DIFFS, REPLAYS } from "../../../src/record.ts";
import { localStore } from "../../../src/store/local.ts";
import type { Store } from "../../../src/store/port.ts";
import { finish, LOG, type Slot, startWriter } from "../ranges/simulation.ts";

const ALL = new Set(["captures", "rejects", "replays", "diffs"]);
const s3Of = (s3: object) => configSchema.parse({ s3 }).s3;
const OWN = s3Of({ endpoint: "http://127.0.0.1:9000", region: "eu-west-1" });

describe("the text for a bucket", () => {
  test.each(DIALECTS)("of %s is that of its fixture", async (dialect) => {
    const text = renderDdl(dialect, { store: "s3://bucket/a/lake", s3: OWN, present: ALL, version: "1.2.3" });
    const file = new URL(`../../../fixtures/ddl/${dialect}.sql`, import.meta.url);
    expect(text).toBe(await readFile(file, "utf8"));
  });

  test.each<[Dialect, object, readonly string[], readonly string[]]>([
    ["duckdb", {}, ["PROVIDER credential_chain"], ["ENDPOINT", "URL_STYLE", "REGION"]],
    [
      "duckdb",
      { endpoint: "https://minio.example" },
      ["ENDPOINT 'minio.example'", "USE_SSL true", "URL_STYLE 'path'"],
      [],
    ],
    ["duckdb", { endpoint: "https://x.example", forcePathStyle: false }, ["USE_SSL true"], ["URL_STYLE"]],
    ["spark", {}, ["s3a://bucket/lake/captures/*/*/*.parquet"], ["SET "]],
    ["spark", { region: "eu-west-1" }, ["SET fs.s3a.endpoint.region=eu-west-1;"], ["path.style", "ssl"]],
    ["athena", {}, ["LOCATION 's3://bucket/lake/captures/'"], ["s3a"]],
  ])("of %s follows the settings %j", (dialect, s3, has, lacks) => {
    const text = renderDdl(dialect, { store: "s3://bucket/lake", s3: s3Of(s3), present: ALL, version: "1" });
    for (const part of has) expect(text).toContain(part);
    for (const part of lacks) expect(text).not.toContain(part);
  });

  test("of Athena is refused for a folder, which it cannot read", () => {
    const options = { store: "/data", s3: s3Of({}), present: ALL, version: "1" };
    expect(() => renderDdl("athena", options)).toThrow("Athena reads S3 alone");
  });
});

describe("the views of a folder, in DuckDB", () => {
  let dir: string;
  let store: Store;
  beforeEach(async () => {
    // What a glob, a string of SQL and a URL could each take for something else.
    dir = await mkdtemp(join(tmpdir(), "it's [a] {lake} *? replays "));
    store = localStore(dir);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function views(): Promise<{ all: (sql: string) => Promise<unknown[]>; close: () => void }> {
    const present = await presentDatasets(store, new AbortController().signal);
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(renderDdl("duckdb", { store: dir, s3: s3Of({}), present, version: "1" }));
    return {
      all: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
      close() {
        connection.closeSync();
        instance.closeSync();
      },
    };
  }

  async function addRun(run: string, offset: bigint): Promise<void> {
    const at = { log: LOG, partition: 3, first: 0n };
    const place = { log: [LOG], partition: [3], offset: [offset] };
    const replay = createObjectWriter(REPLAYS);
    replay.rowGroup({
      id: ["r"],
      model: ["m"],
      target: ["t"],
      outcome: ["ok"],
      errorClass: [null],
      errorDetail: [null],
      status: [200],
      output: [Buffer.from([0, 255])],
      outputType: ["text/plain"],
      variant: [null],
      latencyMs: [1],
      attempts: [1],
      throttles: [0],
      coldStart: [null],
      replayedAt: [1_700_000_000_000],
      ...place,
    });
    await store.put(commitKey(run, at, 0, 0), replay.finish({}));
    const diff = createObjectWriter(DIFFS);
    diff.rowGroup({
      id: ["r"],
      model: ["m"],
      path: ["$"],
      rule: ["exact"],
      kind: ["value"],
      legacy: [null],
      candidate: [null],
      delta: [null],
      fingerprint: ["f"],
      waived: [false],
      ...place,
    });
    await store.put(diffsKey(run, `rules-${run}`, at), diff.finish({}));
    await store.put(`compares/${run}/rules-${run}/summary.json`, Buffer.from("{}"));
  }

  const LEDGER: readonly Slot[] = ["record", "broken", "record"];

  test("hold every row of every dataset, and say of which run it is", async () => {
    await finish(await startWriter(store, LEDGER), LEDGER);
    await addRun("one", 0n);
    await addRun("two", 2n);
    const { all, close } = await views();
    expect(await all('select "partition", "offset", decode(input) i from captures order by "offset"')).toEqual([
      { partition: 3, offset: 0n, i: '{"n": 0.0}' },
      { partition: 3, offset: 2n, i: '{"n": 2.0}' },
    ]);
    expect(await all('select reason, "offset" from rejects')).toEqual([{ reason: "bad_json", offset: 1n }]);
    expect(await all('select run, "offset", hex(output) o from replays order by run')).toEqual([
      { run: "one", offset: 0n, o: "00FF" },
      { run: "two", offset: 2n, o: "00FF" },
    ]);
    expect(await all("select run, rules from diffs order by run")).toEqual([
      { run: "one", rules: "rules-one" },
      { run: "two", rules: "rules-two" },
    ]);
    close();
  });

  test("keep the types of the record", async () => {
    await finish(await startWriter(store, LEDGER), LEDGER);
    const { all, close } = await views();
    const types = (await all("describe captures")) as { column_name: string; column_type: string }[];
    expect(Object.fromEntries(types.map((t) => [t.column_name, t.column_type]))).toMatchObject({
      id: "VARCHAR",
      capturedAt: "TIMESTAMP WITH TIME ZONE",
      capturedAtFromMessage: "BOOLEAN",
      input: "BLOB",
      status: "INTEGER",
      latencyMs: "DOUBLE",
      attributes: "VARCHAR",
      partition: "INTEGER",
      offset: "BIGINT",
    });
    close();
  });

  test("are not made of what is not there: asking for it is an error, never an empty answer", async () => {
    await finish(await startWriter(store, ["record"]), ["record"]);
    const { all, close } = await views();
    for (const name of ["rejects", "replays", "diffs"])
      await expect(all(`select * from ${name}`)).rejects.toThrow(`Table with name ${name} does not exist`);
    close();
  });
});
