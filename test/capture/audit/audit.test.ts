import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderAudit } from "../../../capture/render.ts";
import { runCli } from "../../support/cli.ts";

describe("an audit of nothing", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-audit-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test("is not green: it exits 4 and says that nothing is proved", async () => {
    const { code, stdout } = await runCli(["captures", "--audit", "--store", dir]);
    expect(code).toBe(4);
    expect(stdout).toContain("nothing proved");
    const json = await runCli(["captures", "--audit", "--store", dir, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, partitions: [] });
  });

  test("of a store that is not there is an input error", async () => {
    const { code, stderr } = await runCli(["captures", "--audit", "--store", join(dir, "nowhere")]);
    expect(code).toBe(2);
    expect(stderr).toContain("no such folder");
  });
});

test("a partition without a readable object says so instead of a range that is none", () => {
  const sums = { consumed: 0, captured: 0, rejected: 0, sampledOut: 0, tombstones: 0, absent: 0, objects: 1, bytes: 9 };
  const faults = [{ key: "captures/l@0/0/0.parquet", fault: "truncated" }];
  const partition = {
    log: "l@0",
    partition: 0,
    first: "0",
    last: "-1",
    objects: 1,
    gaps: [],
    overlaps: [],
    orphans: [],
    faults,
    sums,
  };
  const text = renderAudit({
    ok: false,
    partitions: [partition],
    foreign: [],
    unlisted: 0,
    sums,
    repaired: 0,
    deleted: [],
  });
  expect(text).toContain("l@0/0  nothing readable  1 object\n");
  expect(text).toContain("FAULT captures/l@0/0/0.parquet: truncated");
});
