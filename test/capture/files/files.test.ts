import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linesOf } from "../../../capture/files/lines.ts";
import { captureStage } from "../../../capture/stage.ts";
import { systemClock } from "../../../src/clock.ts";
import { type Config, configSchema } from "../../../src/config/schema.ts";
import { CutoverError } from "../../../src/errors.ts";
import type { Logger } from "../../../src/log.ts";
import { seededRandom } from "../../../src/random.ts";
import type { Session } from "../../../src/session.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { capturedInputs, rejectedValues } from "../ranges/simulation.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };
const line = (i: number): string => `{"id":"r${i}","model":"m","input":{"n": ${i}.0},"output":[]}`;
const lines = (n: number): string => Array.from({ length: n }, (_, i) => `${line(i)}\n`).join("");

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-files-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function sessionOf(
  store: Store,
  files: string[],
  rest: { stdin?: string | Buffer; signal?: AbortSignal; capture?: object } = {},
): Session {
  const written = { capture: { source: { files }, maxRejectRate: 1, ...rest.capture } };
  const config: Config = { ...configSchema.parse(written), modelPatterns: [] };
  const output = { write: async () => {}, isTTY: false, columns: 80 };
  return {
    config,
    configFile: undefined,
    store,
    log: silent,
    metrics: { count() {}, gauge() {}, distribution() {}, check() {}, event() {}, close: async () => {} },
    clock: systemClock,
    signal: rest.signal ?? new AbortController().signal,
    streams: { stdin: Readable.from([rest.stdin ?? ""]), stdout: output, stderr: output },
    flags: { json: false, quiet: true, color: false },
    version: "test",
  };
}

const capture = (session: Session) => captureStage(session, { until: { kind: "never" } });

async function logs(store: Store): Promise<string[]> {
  const found = new Set<string>();
  for await (const { key } of store.list("captures/")) found.add(key.split("/")[1] as string);
  return [...found];
}

describe("files", () => {
  test.each([
    ["plain", (text: string) => Buffer.from(text)],
    ["gzip", (text: string) => gzipSync(text)],
    [
      "gzip in two members",
      (text: string) => Buffer.concat([gzipSync(text.slice(0, 1_000)), gzipSync(text.slice(1_000))]),
    ],
    ["zstd", (text: string) => zstdCompressSync(text)],
  ])("%s: every line once, and a second capture writes nothing", async (_name, pack) => {
    const path = join(dir, "a b.ndjson");
    await writeFile(path, pack(lines(500)));
    const store = memoryStore();
    expect(await capture(sessionOf(store, [path]))).toMatchObject({
      consumed: 500,
      captured: 500,
      rejected: 0,
      objects: 1,
    });
    expect((await capturedInputs(store)).get(499)).toEqual(['{"n": 499.0}']);
    expect(await capture(sessionOf(store, [path]))).toMatchObject({ consumed: 0, objects: 0 });
    expect(await logs(store)).toEqual([expect.stringMatching(/^a_b\.ndjson@[0-9a-f]{8}$/)]);
  });

  test("empty lines and lines that are too long are rejected where they stand, and the sums add up", async () => {
    const path = join(dir, "odd.ndjson");
    const long = `{"id":"${"x".repeat(10 * 1024 * 1024)}"}`;
    await writeFile(path, `${line(0)}\r\n\n${long}\n${line(3)}`);
    const store = memoryStore();
    expect(await capture(sessionOf(store, [path]))).toMatchObject({ consumed: 4, captured: 2, rejected: 2 });
    expect([...(await capturedInputs(store)).keys()]).toEqual([0, 3]);
    const rejected = await rejectedValues(store);
    expect(rejected.get(1)).toEqual([""]);
    expect(rejected.get(2)?.[0]?.length).toBe(10 * 1024 * 1024);
  });

  test("a changed file is another log, an equal copy is the same one", async () => {
    const store = memoryStore();
    const path = join(dir, "x.ndjson");
    await writeFile(path, lines(3));
    await capture(sessionOf(store, [path]));
    await utimes(path, 1, 1);
    expect(await capture(sessionOf(store, [path]))).toMatchObject({ consumed: 0 });
    await writeFile(path, lines(4));
    expect(await capture(sessionOf(store, [path]))).toMatchObject({ consumed: 4 });
    expect(await logs(store)).toHaveLength(2);
  });

  test("globs are taken in order of name; the same file named twice is read once", async () => {
    for (const name of ["b.ndjson", "a.ndjson"]) await writeFile(join(dir, name), `${line(name.charCodeAt(0))}\n`);
    const store = memoryStore();
    const result = await capture(sessionOf(store, [join(dir, "*.ndjson"), join(dir, "a.ndjson")]));
    expect(result).toMatchObject({ consumed: 2, objects: 2 });
  });

  test("stdin is a log of its content", async () => {
    const store = memoryStore();
    expect(await capture(sessionOf(store, ["-"], { stdin: gzipSync(lines(5)) }))).toMatchObject({ consumed: 5 });
    expect(await capture(sessionOf(store, ["-"], { stdin: gzipSync(lines(5)) }))).toMatchObject({ consumed: 0 });
  });

  test("goes on after the last durable line when it was stopped by a damaged end", async () => {
    const store = memoryStore();
    const path = join(dir, "cut.ndjson.gz");
    // Text that packs badly, so that the cut is far behind the first lines.
    const random = seededRandom(1);
    const text = lines(2_000).replaceAll('"m"', () => `"m","x":"${random()}"`);
    const whole = gzipSync(text);
    await writeFile(path, whole.subarray(0, whole.length - 100));
    const failed = capture(sessionOf(store, [path], { capture: { rotate: { records: 100 } } }));
    await expect(failed).rejects.toMatchObject({
      code: "SOURCE_UNUSABLE",
      message: expect.stringContaining("cut.ndjson.gz"),
    });
    const before = (await capturedInputs(store)).size;
    expect(before).toBeGreaterThan(1_000);
    await expect(capture(sessionOf(store, [path]))).rejects.toMatchObject({ code: "SOURCE_UNUSABLE" });
    const after = await capturedInputs(store);
    expect(after.size).toBe(before);
    expect([...after.values()].every((found) => found.length === 1)).toBe(true);
  });

  test("interrupted, it keeps what it read and ends with the reason of the signal", async () => {
    const path = join(dir, "big.ndjson");
    await writeFile(path, lines(30_000));
    const store = memoryStore();
    const controller = new AbortController();
    const reason = new CutoverError("INTERRUPTED", "interrupted");
    const stopping: Store = {
      ...store,
      async put(key, body, options) {
        controller.abort(reason);
        return store.put(key, body, options);
      },
    };
    const options = { signal: controller.signal, capture: { rotate: { records: 1_000 } } };
    await expect(capture(sessionOf(stopping, [path], options))).rejects.toBe(reason);
    const kept = (await capturedInputs(store)).size;
    expect(kept).toBeGreaterThan(0);
    expect(await capture(sessionOf(store, [path]))).toMatchObject({ consumed: 30_000 - kept });
  });

  test.each([
    ["a file that is not there", "none.ndjson", /cannot read .*none\.ndjson/],
    ["a pattern that matches nothing", "*.none", /cannot read .*\*\.none/],
    ["a folder", ".", /cannot read/],
  ])("%s is told with what to do", async (_name, pattern, message) => {
    const failed = capture(sessionOf(memoryStore(), [join(dir, pattern)]));
    await expect(failed).rejects.toMatchObject({
      code: "SOURCE_UNUSABLE",
      message: expect.stringMatching(message),
      details: { hint: expect.any(String) },
    });
  });
});

describe("lines", () => {
  test("are the same however the stream is cut, and none is held beyond the limit", async () => {
    const texts = fc.array(fc.stringMatching(/^[ab\r]{0,12}$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        async (parts, ended, cuts) => {
          const text = parts.join("\n") + (ended && parts.length > 0 ? "\n" : "");
          const chunks: Buffer[] = [];
          for (let at = 0, i = 0; at < text.length; i++) {
            const next = at + (cuts[i % cuts.length] as number);
            chunks.push(Buffer.from(text.slice(at, next)));
            at = next;
          }
          const expected = text.split("\n");
          if (expected.at(-1) === "") expected.pop();
          const found: { text: string; length: number }[] = [];
          for await (const group of linesOf(Readable.from(chunks), 8)) {
            for (const { bytes, length } of group) found.push({ text: Buffer.from(bytes).toString(), length });
          }
          expect(found.map((f) => f.text)).toEqual(
            expected.map((e) => (e.length <= 9 ? e.replace(/\r$/, "") : e).slice(0, 8)),
          );
          expect(found.filter((f) => f.length > 8).length).toBe(
            expected.filter((e) => (e.length <= 9 ? e.replace(/\r$/, "") : e).length > 8).length,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
