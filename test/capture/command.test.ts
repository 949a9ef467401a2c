import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-capture-command-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const cutover = (...args: string[]) => runCli(args, { cwd: dir });

describe("wrong flags are told, and exit 2", () => {
  test.each([
    [["capture", "--dry-run"], "capture --from-rejects --dry-run"],
    [["capture", "--from-rejects", "--until", "end"], "cannot be used with option"],
    [["captures", "--ddl", "oracle"], "Allowed choices are duckdb, athena, spark"],
    [["captures", "--ddl", "duckdb", "--audit"], "cannot be used with option"],
    [["captures", "--ddl", "athena", "--store", "."], "Athena reads S3 alone"],
  ])("%j", async (args, text) => {
    const { code, stderr } = await cutover(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});

describe("rejected messages, as a user meets them", { timeout: 60_000 }, () => {
  const configure = (map: string): Promise<void> =>
    writeFile(
      join(dir, "cutover.yaml"),
      `capture:\n  source: { files: [in.ndjson] }\n  maxRejectRate: 1\n  map: { ${map} }\n`,
    );

  test("are tried, read again, and then are no more; the audit says whose they are", async () => {
    const lines = Array.from({ length: 5 }, (_, i) => `{"id":"${i}","m":"a/b","input":${i}.0,"output":1}\n`);
    await writeFile(join(dir, "in.ndjson"), [...lines, "{\n"].join(""));
    await configure("");
    expect((await cutover("capture")).code).toBe(0);

    const unmended = await cutover("capture", "--from-rejects");
    expect(unmended.stdout).toContain("none of them becomes a record: mend capture.map");
    await configure("model: $.m");
    const dry = await cutover("capture", "--from-rejects", "--dry-run");
    expect(dry.stdout).toMatch(/missing_model +5 +5\n/);
    expect(dry.stdout).toMatch(/bad_json +1 +0\n/);
    expect(dry.stdout).toContain("nothing was written");
    const real = await cutover("capture", "--from-rejects");
    expect([real.code, real.stdout]).toEqual([0, expect.stringContaining("5 captured, 1 rejected again and kept")]);
    const again = await cutover("capture", "--from-rejects");
    expect(again.stdout).toContain("none of them becomes a record");

    const audit = await cutover("captures", "--audit");
    expect(audit.code).toBe(0);
    expect(audit.stdout).toMatch(/^in\.ndjson-rejects@\w{8}\/0 .* rejects of in\.ndjson@\w{8}, read again$/m);
    expect((await cutover("captures")).stdout).toMatch(/^a\/b +5 /m);
  });

  test("are none where nothing was rejected", async () => {
    await writeFile(join(dir, "in.ndjson"), '{"id":"1","model":"m","input":1,"output":2}\n');
    await configure("");
    await cutover("capture");
    const { code, stdout } = await cutover("capture", "--from-rejects");
    expect([code, stdout]).toEqual([0, "no rejected messages to read again\n"]);
  });
});
