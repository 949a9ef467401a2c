/** Real programs, started and ended as a replay does. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replayChecks } from "../../../replay/checks.ts";
import { replayStage } from "../../../replay/stage.ts";
import { commandEndpoint } from "../../../replay/targets/command.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { QUICK, readResults, row, rows, sessionOf, text, writeCapture } from "../world.ts";

const PROGRAMS = path.join(import.meta.dirname, "../../../fixtures/programs");
const MOODY = [process.execPath, path.join(PROGRAMS, "moody.mjs")];
let dir: string;
let diary: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-command-"));
  diary = path.join(dir, "diary");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** [starts, ends] that the programs noted. */
async function noted(): Promise<[number, number]> {
  const lines = (await readFile(diary, "utf8")).split("\n");
  return [lines.filter((l) => l.startsWith("start")).length, lines.filter((l) => l.startsWith("end")).length];
}

const target = (run: readonly string[], more: object = {}, command: object = {}) => ({
  command: { run: [...run], ...command },
  timeout: "10s",
  retry: { attempts: 3, backoff: "2ms", maxWait: "2s" },
  ...more,
});

/** Replays one record to the moody program. */
async function one(input: object | Uint8Array, more: object = {}, record: object = {}) {
  const bytes = input instanceof Uint8Array ? input : new TextEncoder().encode(JSON.stringify(input));
  const store = memoryStore();
  await writeCapture(store, [row({ model: "m", offset: 1n, input: bytes, ...record })]);
  const session = sessionOf(store, { t: target([...MOODY, diary], more) });
  const result = await replayStage(session, { target: "t" }, QUICK);
  const [stored] = await readResults(store, result.run);
  return { result, stored, starts: (await noted())[0] };
}

describe("a program that", { timeout: 60_000 }, () => {
  /** [what it does, input, outcome, error class, status, output, tries, programs started] */
  const CASES: readonly [string, object, string, string | null, number | null, string | null, number, number][] = [
    [
      "answers JSON: its bytes as they stand",
      { do: "raw", members: '"output" : {"a": 1.0,"b":9007199254740993} ' },
      "ok",
      null,
      200,
      '{"a": 1.0,"b":9007199254740993}',
      1,
      1,
    ],
    ["answers in base64", { do: "raw", members: '"output_base64":"AP8K"' }, "ok", null, 200, "\0\ufffd\n", 1, 1],
    [
      "answers text of another type: a string's content",
      { do: "raw", members: '"output":"a\\n\\u00e9","contentType":"text/csv"' },
      "ok",
      null,
      200,
      "a\né",
      1,
      1,
    ],
    ["answers in two pieces, with a carriage return", { do: "split" }, "ok", null, 200, "1.0", 1, 1],
    [
      "answers 422: the model's answer",
      { do: "raw", members: '"status":422,"output":"no"' },
      "model_error",
      "status_422",
      422,
      '"no"',
      1,
      1,
    ],
    [
      "answers 404: the model's answer, and parks nothing",
      { do: "raw", members: '"status":404,"output":0' },
      "model_error",
      "status_404",
      404,
      "0",
      1,
      1,
    ],
    [
      "answers 500 always: kept with its bytes",
      { do: "raw", members: '"status":500,"output":[]' },
      "model_error",
      "status_500",
      500,
      "[]",
      3,
      1,
    ],
    [
      "answers 503 always",
      { do: "raw", members: '"status":503,"output":0' },
      "unavailable",
      "status_503",
      503,
      null,
      3,
      1,
    ],
    ["answers 302", { do: "raw", members: '"status":302,"output":0' }, "bad_response", "status_302", 302, null, 3, 1],
    ["dies once", { do: "once" }, "ok", null, 200, '"again"', 2, 2],
    ["dies always: started again for each try", { do: "exit", code: 3 }, "connection", "exit_3", null, null, 3, 3],
    ["dies of a signal", { do: "signal" }, "connection", "SIGSEGV", null, null, 3, 3],
    ["closes its stdin and stays", { do: "deaf" }, "timeout", "timeout", null, null, 2, 2],
    ["hangs: killed and started again", { do: "hang" }, "timeout", "timeout", null, null, 2, 2],
    ["answers too late", { do: "slow", ms: 5_000 }, "timeout", "timeout", null, null, 2, 2],
    ["writes a log line to stdout", { do: "line", line: "INFO ready" }, "bad_response", "bad_line", null, null, 3, 3],
    [
      "answers another request",
      { do: "line", line: '{"n":7,"output":1}' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
    ["answers without n", { do: "line", line: '{"output":1}' }, "bad_response", "bad_line", null, null, 3, 3],
    ["answers without output", { do: "raw", members: '"out":1' }, "bad_response", "bad_line", null, null, 3, 3],
    [
      "answers with both outputs",
      { do: "raw", members: '"output":1,"output_base64":""' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
    [
      "answers with a member twice",
      { do: "raw", members: '"output":1,"output":2' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
    [
      "answers with bad base64",
      { do: "raw", members: '"output_base64":"a b"' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
    [
      "answers with a status that is none",
      { do: "raw", members: '"output":1,"status":"200"' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
    [
      "answers text with a lone surrogate",
      { do: "raw", members: '"output":"\\ud800","contentType":"text/plain"' },
      "bad_response",
      "bad_line",
      null,
      null,
      3,
      3,
    ],
  ];
  test.each(CASES)("%s", async (_name, input, outcome, errorClass, status, output, tries, starts) => {
    const found = await one(input, { timeout: outcome === "timeout" ? "700ms" : "10s" });
    expect(found.stored).toMatchObject({ outcome, errorClass, status, attempts: tries });
    expect(text(found.stored?.output ?? null)).toBe(output);
    expect(found.starts).toBe(starts);
  });

  test("says why on stderr is quoted, by the end of it", async () => {
    const { stored } = await one({ do: "exit" });
    expect(stored?.errorDetail).toMatch(/^the program ended \(exit_1\); stderr: x+ out of memory$/);
  });

  test("answers bytes that are no UTF-8 inside a JSON string keeps them", async () => {
    const { stored } = await one({ do: "bytes", hex: "fffe80" });
    expect(Buffer.from(stored?.output ?? [])).toEqual(Buffer.from("22fffe8022", "hex"));
  });

  test("answers more than maxResponse is read no further, and not asked again", async () => {
    const more = { maxResponse: 1_000 };
    const long = await one({ do: "raw", members: `"output":"${"x".repeat(5_000)}"` }, more);
    expect(long.stored).toMatchObject({ outcome: "too_large", errorClass: "response_too_large", attempts: 1 });
    const flood = await one({ do: "flood" }, more);
    expect(flood.stored).toMatchObject({ outcome: "too_large", errorClass: "response_too_large", attempts: 1 });
  });

  test("is not there parks its endpoint, and the call names it", async () => {
    const store = memoryStore();
    await writeCapture(store, rows(0, 4, ["a"]));
    const session = sessionOf(store, { t: target([path.join(dir, "nothing"), "{model}"]) });
    await expect(replayStage(session, { target: "t" }, QUICK)).rejects.toMatchObject({
      code: "TARGET_UNUSABLE",
      details: { received: expect.stringContaining("ENOENT") },
    });
  });
});

test("a line that comes after its answer is never taken for the next one's", { timeout: 60_000 }, async () => {
  const store = memoryStore();
  const acts = Array.from({ length: 12 }, (_, i) => ({ do: i % 3 === 0 ? "two" : "raw", members: `"output":"${i}"` }));
  await writeCapture(
    store,
    acts.map((act, i) => row({ model: "m", offset: BigInt(i), input: new TextEncoder().encode(JSON.stringify(act)) })),
  );
  const session = sessionOf(store, {
    t: target([...MOODY, diary], { retry: { attempts: 9, backoff: "2ms", maxWait: "9s" } }),
  });
  const { run } = await replayStage(session, { target: "t" }, QUICK);
  const outputs = (await readResults(store, run)).map(({ output }) => text(output));
  expect(outputs).toEqual(acts.map((act, i) => (act.do === "two" ? "1" : `"${i}"`)));
});

test("a program that ends after each answer is started for each, without a failure", { timeout: 60_000 }, async () => {
  const store = memoryStore();
  const input = new TextEncoder().encode('{"do":"last"}');
  await writeCapture(
    store,
    [0n, 1n, 2n].map((offset) => row({ model: "m", offset, input })),
  );
  const session = sessionOf(store, { t: target([...MOODY, diary]) });
  expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ replayed: 3, failed: 0 });
  expect((await noted())[0]).toBeGreaterThanOrEqual(3);
});

describe("the request line", { timeout: 30_000 }, () => {
  /** [what the body is, body, content type, members of the line] */
  const BODIES: readonly [string, Uint8Array | string, string, object][] = [
    ["JSON stands as it is", '{"a":1.0}', "application/json", { input: { a: 1 } }],
    ["JSON with a line break goes in base64", '{"a":\n1.0}', "application/json", { input_base64: btoa('{"a":\n1.0}') }],
    [
      "JSON with a separator that ends lines in Node does too",
      '"\u2028"',
      "application/json",
      { input_base64: "IuKAqCI=" },
    ],
    ["what is no JSON though it says so does too", '1,"n":9', "application/json", { input_base64: btoa('1,"n":9') }],
    ["text is a string", "a,b\n\u2028é", "text/csv", { input: "a,b\n\u2028é" }],
    ["bytes that are no text go in base64", new Uint8Array([0xff, 0]), "application/x-npy", { input_base64: "/wA=" }],
    ["nothing is an empty string", "", "text/plain", { input: "" }],
  ];
  test.each(BODIES)("%s", async (_name, body, inputType, expected) => {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const { stored } = await one(bytes, {}, { inputType, id: "a\u2028\n", outputType: "application/json" });
    const line = JSON.parse(text(stored?.output ?? null) ?? "") as string;
    expect(JSON.parse(line)).toEqual({
      n: 1,
      id: "a\u2028\n",
      model: "m",
      contentType: inputType,
      accept: "application/json",
      ...expected,
    });
    expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
    if (typeof body === "string" && "input" in expected && inputType.includes("json"))
      expect(line).toContain(`"input":${body}}`);
  });
});

test.each([
  ["Python", "python3", "scorer.py"],
  ["Node", process.execPath, "scorer.mjs"],
])("the example in %s serves a model each", { timeout: 60_000 }, async (_name, program, file) => {
  const store = memoryStore();
  await writeCapture(store, rows(0, 30, ["a", "client-b/x"]));
  const session = sessionOf(store, { t: target([program, file, "{model}"], {}, { cwd: PROGRAMS }) });
  const { run, replayed } = await replayStage(session, { target: "t" }, QUICK);
  expect(replayed).toBe(30);
  for (const { offset, model, output } of await readResults(store, run)) {
    expect(JSON.parse(text(output) ?? "")).toEqual({ model, double: 2 * Number(offset) });
  }
});

test("no more programs run at once than are allowed, and all have ended when the call has", {
  timeout: 60_000,
}, async () => {
  const store = memoryStore();
  await writeCapture(store, rows(0, 40, ["a", "b", "c", "d", "e"]));
  const processes = { processes: { perModel: 2, total: 3 } };
  const session = sessionOf(store, { t: target([...MOODY, diary, "{model}"], {}, processes) });
  expect(await replayStage(session, { target: "t" }, QUICK)).toMatchObject({ replayed: 40, failed: 0 });
  let alive = 0;
  let peak = 0;
  for (const line of (await readFile(diary, "utf8")).trim().split("\n")) {
    alive += line.startsWith("start") ? 1 : -1;
    peak = Math.max(peak, alive);
  }
  expect(peak).toBeGreaterThan(1);
  expect(peak).toBeLessThanOrEqual(3);
  expect(alive).toBe(0);
});

describe("a model's name", () => {
  test("stands in arguments as it is, without a shell", () => {
    const { address } = commandEndpoint("t", ["java", "-Dm={model}", "./{model}"], "a/b@1");
    expect(JSON.parse(address)).toEqual(["java", "-Dm=a/b@1", "./a/b@1"]);
  });
  test.each(["-Xmx9g", "/etc/passwd"])("%s is refused where it would be an option or a path from the root", (model) => {
    expect(() => commandEndpoint("t", ["java", "{model}"], model)).toThrow("option or as an absolute path");
  });
});

test.each([
  ["node", "can be run"],
  [process.execPath, "can be run"],
])("doctor finds the program %s", async (program, expected) => {
  const [check] = replayChecks(sessionOf(memoryStore(), { t: target([program]) }));
  expect(await check?.run(AbortSignal.timeout(5_000))).toContain(expected);
});

test.each(["no-such-program", "./no-such-program"])("doctor says that %s is not there", async (program) => {
  const [check] = replayChecks(sessionOf(memoryStore(), { t: target([program]) }));
  await expect(check?.run(AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: "TARGET_UNUSABLE" });
});

test("types of the settings go out instead of those that were captured", async () => {
  const store = memoryStore();
  await writeCapture(store, [row({ model: "m", offset: 1n, inputType: "text/csv" })]);
  const form = { contentType: "application/json", accept: "text/plain" };
  const session = sessionOf(store, { t: target([...MOODY, diary], {}, form) });
  const { run } = await replayStage(session, { target: "t" }, QUICK);
  const [stored] = await readResults(store, run);
  const line = JSON.parse(JSON.parse(text(stored?.output ?? null) ?? ""));
  expect(line).toMatchObject({ ...form, input: { n: 1 } });
});
