/**
 * Triage on the real S3 server: whatever reads findings prints there what it prints of the same run in a folder, where
 * every dataset is listed in several pages, and DuckDB answers the questions of the guide from both alike.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Summary } from "../../compare/summary.ts";
import { openStore } from "../../src/store/open.ts";
import { buildLake, type PairSpec, RUN } from "../compare/pipeline-lake.ts";
import { runCli, runJson } from "../support/cli.ts";
import { triageQuestions } from "../support/questions.ts";
import { requireOrSkip } from "../support/require.ts";
import { listKeys, makeBucket, removeBucket } from "../support/s3.ts";
import { ask, duckdbS3, isInstalled, PREPARE } from "./lake/readers.ts";

const s3 = process.env.CUTOVER_TEST_S3 ?? "";
const skip = requireOrSkip("services not running: npm run services", s3 !== "");
const noDuckdb = requireOrSkip(`duckdb-s3 missing: ${PREPARE}`, await isInstalled(duckdbS3));

/** A server lists 1,000 keys a page. */
const OBJECTS = 1_020;
const PAGE = 1_000;
const WORDS = ["plain", "words", "søk", "naïve"];

/** Two pairs of each object, of which the first differs: its score where the input is not ASCII, one in seven labels, and a tick. */
function objects(): PairSpec[][] {
  return Array.from({ length: OBJECTS }, (_, i) => {
    const text = WORDS[i % WORDS.length] as string;
    const score = 1 + (i % 50);
    const off = /^[a-z]*$/.test(text) ? 0 : 0.5;
    const output = { label: `l${i % 3}`, score, tick: 0 };
    const wrong = { ...output, score: score + off, label: i % 7 === 0 ? "other" : output.label, tick: 1 };
    const pair = (candidate: object): PairSpec => ({
      model: i % 5 === 0 ? "b" : "a",
      input: JSON.stringify({ text: `${text} ${i}`, i }),
      legacy: JSON.stringify(output),
      candidate: JSON.stringify(candidate),
      modelVersion: i < OBJECTS / 2 ? "v1" : "v2",
    });
    return [pair(wrong), pair(output)];
  });
}

const MODELS = {
  "*": {
    rules: [{ path: "$.tick", type: "exact", weight: "advise" }],
    default: "exact",
    gate: { maxMismatchRate: 0.001 },
  },
};

describe.skipIf(skip).sequential("triage on S3", { timeout: 600_000 }, () => {
  const bucket = `triage-${Date.now().toString(36)}`;
  const settings = { endpoint: s3, region: "us-east-1", forcePathStyle: true };
  const remote = `s3://${bucket}/a/lake`;
  let dir: string;
  /** The comparison in the folder, and on the server. */
  let here: Summary;
  let there: Summary;
  let fingerprint: string;

  const json = (args: readonly string[]): Promise<Summary> => runJson(args, { cwd: dir, timeoutMs: 300_000 });
  /** What a command prints of one store; its address and the names that it gives its objects' bytes are its own. */
  async function printed(args: readonly string[], store: string, summary: Summary): Promise<string> {
    const { code, stdout, stderr } = await runCli(["--store", store, "--quiet", ...args], { cwd: dir });
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
    return neutral(stdout, store, summary);
  }
  async function alike(args: readonly string[]): Promise<string> {
    const [folder, server] = [await printed(args, join(dir, "data"), here), await printed(args, remote, there)];
    expect(server).toBe(folder);
    return server;
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-triage-s3-"));
    const config = { store: "./data", s3: settings, targets: { candidate: { http: { url: "http://127.0.0.1:9/" } } } };
    await writeFile(join(dir, "cutover.yaml"), JSON.stringify({ ...config, models: MODELS }));
    await makeBucket(s3, bucket);
    for (const address of [join(dir, "data"), remote]) {
      const store = await openStore(address, settings);
      await buildLake({ objects: objects() }, store);
      await store.close();
    }
    here = await json(["compare"]);
    there = await json(["--store", remote, "compare"]);
    fingerprint = here.groups.find(({ path }) => path === "$.score")?.fingerprint ?? "";
  }, 600_000);
  afterAll(async () => {
    await removeBucket(s3, bucket);
    await rm(dir, { recursive: true, force: true });
  });

  test("every dataset is listed in more than one page", async () => {
    const keys = await listKeys(s3, bucket, "a/lake/");
    for (const dataset of ["captures/", `replays/${RUN}/`, `compares/${RUN}/${there.rules}/diffs/`]) {
      expect(keys.filter((key) => key.startsWith(`a/lake/${dataset}`)).length, dataset).toBeGreaterThan(PAGE);
    }
  });

  test("the comparison is the same, and knows what was planted", () => {
    const own = (summary: Summary): object => ({ ...summary, inputs: null, seconds: 0 });
    expect(own(there)).toEqual(own(here));
    expect(there.groups.length).toBeGreaterThanOrEqual(4);
    const causes = there.explanations?.map(({ text }) => text).join(" ");
    expect(causes).toMatch(/sampled mismatches have accented Latin text/);
  });

  test("groups: as text and as JSON", async () => {
    expect(await alike(["groups", RUN])).toContain(fingerprint);
    expect(JSON.parse(await alike(["groups", RUN, "--json"])).groups.length).toBeGreaterThanOrEqual(4);
  });

  test("show: by position and by id, in the first page of objects and in the last", async () => {
    for (const at of [0, OBJECTS - 2]) {
      const [position, id] = [`t@01234567/${at}/1000`, `id-${at}-1000`];
      expect(await alike(["show", RUN, position])).toContain(id);
      const { records } = JSON.parse(await alike(["show", RUN, id, "--json"]));
      expect(records).toMatchObject([{ position }]);
    }
  });

  test("rules suggest: for all groups, and for one", async () => {
    expect(await alike(["rules", "suggest", RUN])).toContain("type: number");
    const { suggestions } = JSON.parse(await alike(["rules", "suggest", RUN, "--group", fingerprint, "--json"]));
    const { count = 0 } = here.groups.find((group) => group.fingerprint === fingerprint) ?? {};
    expect(suggestions).toMatchObject([{ rule: { pairs: count, accepts: count } }]);
  });

  test.each(["ndjson", "csv", "parquet", "arrow"])("export of a group as %s, byte for byte", async (format) => {
    const file = async (store: string, args: readonly string[]): Promise<Buffer> => {
      const out = join(dir, "export.out");
      await printed(["export", RUN, "--format", format, "--out", out, ...args], store, there);
      return readFile(out);
    };
    for (const args of format === "ndjson"
      ? [
          ["--group", fingerprint],
          ["--model", "b"],
        ]
      : [["--group", fingerprint]]) {
      const [folder, server] = [await file(join(dir, "data"), args), await file(remote, args)];
      expect(server.length).toBeGreaterThan(200);
      expect(server.equals(folder)).toBe(true);
    }
  });

  test("report: the page, and the one that compare left in the store", async () => {
    const page = async (store: string, summary: Summary): Promise<string> => {
      const out = join(dir, "report.html");
      await printed(["report", "--run", RUN, "--out", out], store, summary);
      return neutral(unpacked(await readFile(out, "utf8")), store, summary);
    };
    expect(await page(remote, there)).toBe(await page(join(dir, "data"), here));
    const store = await openStore(remote, settings);
    const left = await store.get(`compares/${RUN}/${there.rules}/report.html`);
    await store.close();
    await printed(["report", "--run", RUN, "--out", join(dir, "again.html")], remote, there);
    expect(Buffer.from(left).equals(await readFile(join(dir, "again.html")))).toBe(true);
  });

  test.skipIf(noDuckdb)("DuckDB answers the questions of a triage from the server as from the folder", async () => {
    const { stdout: ddl } = await runCli(["--store", remote, "captures", "--ddl", "duckdb"], { cwd: dir });
    const answers = async (store: string, secret: string): Promise<Record<string, unknown>[][]> => {
      const { setup, questions } = await triageQuestions({ store, run: RUN, rules: there.rules, fingerprint });
      const file = join(dir, "questions.sql");
      await writeFile(file, [secret, ...setup].join(";\n"));
      return ask(duckdbS3, "duckdb_s3.py", [file, JSON.stringify(questions), join(dir, "extensions")], dir);
    };
    const server = await answers(remote, ddl.replace(/;\s*$/, ""));
    expect(server.map((rows) => rows.length > 0)).toEqual(Array(6).fill(true));
    expect(server).toEqual(await answers(join(dir, "data"), ""));
  });
});

function neutral(text: string, store: string, { inputs }: Summary): string {
  return [store, ...Object.values(inputs)].reduce((neutral, own, i) => neutral.replaceAll(own, `OWN-${i}`), text);
}

/** The page with the text of its packed chunks. */
function unpacked(html: string): string {
  return html.replace(/H4sI[A-Za-z0-9+/=]+/g, (chunk) => gunzipSync(Buffer.from(chunk, "base64")).toString());
}
