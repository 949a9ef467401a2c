/**
 * The lake on the real S3 server, as others read it: the audit over many objects, rejected messages read again, and
 * every dataset through the views that `captures --ddl` prints, in Spark and in DuckDB.
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { runCli, runJson, startCli } from "../support/cli.ts";
import { fillManyObjects } from "../support/many-objects.ts";
import { requireOrSkip } from "../support/require.ts";
import { listKeys, makeBucket, removeBucket, removePrefix } from "../support/s3.ts";
import { ask, duckdbS3, isInstalled, PREPARE, readerFolder, spark } from "./lake/readers.ts";

const s3 = process.env.CUTOVER_TEST_S3;
const skip = requireOrSkip("services not running: npm run services", s3 !== undefined);
const endpoint = s3 ?? "";
const noSpark = requireOrSkip(`spark missing: ${PREPARE}`, await isInstalled(spark));
const noDuckdb = requireOrSkip(`duckdb-s3 missing: ${PREPARE}`, await isInstalled(duckdbS3));

const MANY = 2_000;
/** Lines of the file: `who` names the model of a third, which the first mapping does not find. */
const LINES = 300;
/** Bytes that a reader of JSON would change: a large number, trailing zeros, escapes, order and white space. */
const inputOf = (i: number): string => `{ "n":${i}.0,"big":9007199254740993, "s":"\\u00e9\\/" , "a":[1e400]}`;

const ANSWER = '{"label":"positive","score":0.5,"i":0}';

function line(i: number): string {
  const model = i % 3 === 0 ? "who" : "model";
  return `{"id":"r${i}","${model}":"client-${i % 7}/m","input":${inputOf(i)},"output":{"label":"positive","score":0.5,"i":${i}}}`;
}

interface Sums {
  readonly captured: number;
  readonly rejected: number;
}
interface Waiting {
  readonly waiting: { readonly messages: number; readonly records: number };
}

describe.skipIf(skip).sequential("the lake on S3", { timeout: 600_000 }, () => {
  const bucket = `lake-${Date.now().toString(36)}`;
  const settings = { endpoint, region: "us-east-1", forcePathStyle: true };
  let dir: string;
  let model: Server;

  const writeConfig = (map: object): Promise<void> =>
    writeFile(
      join(dir, "cutover.yaml"),
      JSON.stringify({
        store: `s3://${bucket}/a/lake`,
        s3: settings,
        capture: { source: { files: ["traffic.ndjson"] }, map, maxRejectRate: 1 },
        targets: { candidate: { http: { url: `http://127.0.0.1:${(model.address() as AddressInfo).port}/` } } },
      }),
    );
  const json = <T>(...args: string[]): Promise<T> => runJson<T>(args, { cwd: dir });
  const parquetKeys = async (): Promise<string[]> => (await listKeys(endpoint, bucket, "a/lake/")).sort();

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-lake-"));
    // It answers the first record as the legacy model did, and every other one with one wrong member.
    model = createServer((request, response) => {
      request.resume().on("end", () => response.setHeader("content-type", "application/json").end(ANSWER));
    });
    await new Promise<void>((listening) => model.listen(0, "127.0.0.1", listening));
    await makeBucket(endpoint, bucket);
    await writeFile(join(dir, "traffic.ndjson"), Array.from({ length: LINES }, (_, i) => `${line(i)}\n`).join(""));
    await writeConfig({});
  });
  afterAll(async () => {
    model.close();
    await rm(dir, { recursive: true, force: true });
    await removeBucket(endpoint, bucket);
  });

  test("what was rejected is read again once the mapping is mended, and once only", async () => {
    expect(await json<Sums>("capture")).toMatchObject({ captured: 200, rejected: 100 });
    await writeConfig({ model: "$.who" });
    const before = await parquetKeys();
    expect(await json<Waiting>("capture", "--from-rejects", "--dry-run")).toMatchObject({
      waiting: { messages: 100, records: 100, reasons: { missing_model: { messages: 100, records: 100 } } },
    });
    expect(await parquetKeys()).toEqual(before);
    expect(await json<Sums>("capture", "--from-rejects")).toMatchObject({ captured: 100, rejected: 0 });
    const after = await parquetKeys();
    expect(await json<Waiting>("capture", "--from-rejects")).toMatchObject({ objects: 0, waiting: { messages: 0 } });
    expect(await parquetKeys()).toEqual(after);
    const { ok, partitions } = await json<{ ok: boolean; partitions: { log: string }[] }>("captures", "--audit");
    expect(ok).toBe(true);
    expect(partitions.map(({ log }) => log)).toEqual([
      expect.stringMatching(/^traffic.ndjson-rejects@/),
      expect.stringMatching(/^traffic.ndjson@/),
    ]);
  });

  test("replay and compare take them like any other capture", async () => {
    await json("replay", "--target", "candidate");
    expect(await json("compare")).toMatchObject({
      coverage: { scope: LINES, compared: LINES },
      outcomes: { match: 1, mismatch: LINES - 1 },
    });
  });

  const QUERIES = [
    "select count(*) as n, count(distinct log, `partition`, `offset`) as positions from captures",
    "select id, hex(input) as input from captures",
    "select reason, count(*) as n from rejects group by reason",
    "select count(*) as n, count(distinct run) as runs from replays",
    "select count(*) as n, count(distinct run) as runs, count(distinct rules) as rules from diffs",
    "select count(*) as n from captures join replays using (log, `partition`, `offset`)",
  ];

  function expectAll(rows: Record<string, unknown>[][]): void {
    const [count, inputs, rejects, replays, diffs, pairs] = rows;
    expect(count).toEqual([{ n: LINES, positions: LINES }]);
    const found = new Map(inputs?.map(({ id, input }) => [id, Buffer.from(String(input), "hex").toString()]));
    expect(found).toEqual(new Map(Array.from({ length: LINES }, (_, i) => [`r${i}`, inputOf(i)])));
    expect(rejects).toEqual([{ reason: "missing_model", n: 100 }]);
    expect(replays).toEqual([{ n: LINES, runs: 1 }]);
    expect(pairs).toEqual([{ n: LINES }]);
    expect(diffs).toEqual([{ n: LINES - 1, runs: 1, rules: 1 }]);
  }

  async function ddl(engine: string): Promise<string> {
    const { code, stdout } = await runCli(["captures", "--ddl", engine], { cwd: dir });
    expect(code).toBe(0);
    expect(stdout).not.toContain(process.env.AWS_SECRET_ACCESS_KEY ?? "none");
    const file = join(dir, `${engine}.sql`);
    await writeFile(file, stdout);
    return file;
  }

  test.skipIf(noDuckdb)("DuckDB reads every dataset from the server, byte by byte", async () => {
    const queries = QUERIES.map((query) => query.replaceAll("`", '"').replace(/distinct (log.*?)\)/, "distinct ($1))"));
    const args = [await ddl("duckdb"), JSON.stringify(queries), join(dir, "extensions")];
    expectAll(await ask(duckdbS3, "duckdb_s3.py", args, dir));
  });

  test.skipIf(noSpark)("Spark reads every dataset from the server, byte by byte", async () => {
    const scratch = join(dir, "spark");
    await mkdir(scratch);
    const args = [await ddl("spark"), JSON.stringify(QUERIES), join(readerFolder(spark), "jars"), scratch];
    expectAll(await ask(spark, "spark.py", args, dir));
  });

  test("many objects are audited from listing and footers, and Ctrl-C ends it at once", async () => {
    const store = `s3://${bucket}/many`;
    const opened = await openStore(store, settings);
    await fillManyObjects(opened, MANY);
    await opened.close();
    const args = ["captures", "--audit", "--store", store];
    const audit = await runJson<{ ok: boolean; sums: { objects: number; rejected: number } }>(args, { cwd: dir });
    expect(audit).toMatchObject({ ok: true, sums: { objects: MANY, rejected: MANY / 10, consumed: MANY * 4 } });
    const { child, done } = startCli(args, { cwd: dir });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    child.kill("SIGINT");
    const { code, stdout } = await done;
    expect([code, stdout]).toEqual([130, ""]);
    await removePrefix(endpoint, bucket, "many/");
  });
});
