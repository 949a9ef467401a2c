import path from "node:path";
import { describe, expect, test } from "vitest";
import { replayChecks } from "../../../replay/checks.ts";
import { replayStage } from "../../../replay/stage.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { QUICK, readResults, row, rows, sessionOf, text, writeCapture } from "../world.ts";

const MODULES = path.join(import.meta.dirname, "../../../fixtures/modules");
const target = (file: string, more: object = {}) => ({
  module: { path: path.join(MODULES, file) },
  timeout: "10s",
  retry: { attempts: 3, backoff: "2ms", maxWait: "2s" },
  ...more,
});

/** Replays each input to the moody module. */
async function replay(inputs: readonly object[], more: object = {}) {
  const store = memoryStore();
  const records = inputs.map((input, i) => {
    return row({ model: "m", offset: BigInt(i), input: new TextEncoder().encode(JSON.stringify(input)) });
  });
  await writeCapture(store, records);
  const result = await replayStage(sessionOf(store, { t: target("moody.mjs", more) }), { target: "t" }, QUICK);
  return readResults(store, result.run);
}

describe("a module that", { timeout: 60_000 }, () => {
  /** [what it does, input, outcome, error class, status, output, type, tries] */
  const CASES: readonly [string, object, string, string | null, number | null, string | null, string | null, number][] =
    [
      [
        "gives text: its UTF-8 bytes, of type JSON",
        { do: "text" },
        "ok",
        null,
        200,
        '{"a": 1.0}',
        "application/json",
        1,
      ],
      ["gives bytes", { do: "bytes" }, "ok", null, 200, "\ufffd\0\n", "application/json", 1],
      ["gives part of a buffer: that part only", { do: "view" }, "ok", null, 200, "s", "application/json", 1],
      ["gives output with type", { do: "parts", contentType: "text/csv" }, "ok", null, 200, "x", "text/csv", 1],
      [
        "gives 404: the model's answer",
        { do: "parts", status: 404 },
        "model_error",
        "status_404",
        404,
        "x",
        "application/json",
        1,
      ],
      [
        "gives 500 always: kept with its bytes",
        { do: "parts", status: 500 },
        "model_error",
        "status_500",
        500,
        "x",
        "application/json",
        3,
      ],
      ["gives 503 always", { do: "parts", status: 503 }, "unavailable", "status_503", 503, null, "application/json", 3],
      ["gives a status that is none", { do: "parts", status: "ok" }, "bad_response", "no_answer", null, null, null, 3],
      ["gives a type that is none", { do: "parts", contentType: 1 }, "bad_response", "no_answer", null, null, null, 3],
      ["prints to stdout", { do: "print" }, "ok", null, 200, "1", "application/json", 1],
      [
        "throws: a fault of the model, kept with its message",
        { do: "throw" },
        "model_error",
        "module_threw",
        500,
        "no weights",
        "text/plain",
        3,
      ],
      ["rejects with no error", { do: "reject" }, "model_error", "module_threw", 500, "plain", "text/plain", 3],
      [
        "gives an object: printing it would be our doing",
        { do: "object" },
        "bad_response",
        "no_answer",
        null,
        null,
        null,
        3,
      ],
      ["gives nothing", { do: "nothing" }, "bad_response", "no_answer", null, null, null, 3],
      ["never answers", { do: "hang" }, "timeout", "timeout", null, null, null, 2],
      ["ends its process: its thread only", { do: "exit" }, "connection", "thread_ended", null, null, null, 3],
      ["throws outside of the request", { do: "crash" }, "connection", "thread_ended", null, null, null, 3],
    ];
  test.each(CASES)("%s", async (_name, input, outcome, errorClass, status, output, type, tries) => {
    const [stored] = await replay([input], { timeout: outcome === "timeout" ? "500ms" : "10s" });
    expect(stored).toMatchObject({ outcome, errorClass, status, outputType: type, attempts: tries });
    expect(text(stored?.output ?? null)).toBe(output);
  });

  test("is given the request as it was captured", async () => {
    const [stored] = await replay([{ do: "request" }]);
    expect(JSON.parse(text(stored?.output ?? null) ?? "")).toEqual({
      id: "id-0",
      model: "m",
      contentType: "application/json",
      accept: "application/json",
      input: Buffer.from('{"do":"request"}').toString("hex"),
      signal: false,
    });
  });

  test("gives more than maxResponse is not asked again", async () => {
    const [stored] = await replay([{ do: "big", bytes: 2_000 }], { maxResponse: 1_000 });
    expect(stored).toMatchObject({ outcome: "too_large", attempts: 1, output: null });
  });

  test("loops for ever is ended, and the other requests are answered by the next thread", async () => {
    const inputs = [{ do: "loop" }, ...Array.from({ length: 8 }, () => ({ do: "slow", ms: 1 }))];
    const retry = { attempts: 6, backoff: "2ms", maxWait: "20s" };
    const stored = await replay(inputs, { timeout: "1s", retry, concurrency: { perEndpoint: 3, total: 3 } });
    expect(stored[0]).toMatchObject({ outcome: "timeout" });
    expect(stored.slice(1).filter(({ outcome }) => outcome === "ok").length).toBeGreaterThanOrEqual(6);
  });

  test("takes a request while another waits, as many as the settings say", async () => {
    const started = performance.now();
    const stored = await replay(Array.from({ length: 20 }, () => ({ do: "slow", ms: 400 })));
    expect(stored.every(({ outcome }) => outcome === "ok")).toBe(true);
    // One after the other they would take eight seconds.
    expect(performance.now() - started).toBeLessThan(6_000);
  });
});

test.each([
  ["no-function.mjs", "its default export is missing"],
  ["broken.mjs", "SyntaxError"],
  ["nowhere.mjs", "Cannot find module"],
])("%s stops the call before anything is stored, and doctor says why", async (file, received) => {
  const store = memoryStore();
  await writeCapture(store, rows(0, 4, ["a"]));
  const session = sessionOf(store, { t: target(file) });
  const expected = { code: "TARGET_UNUSABLE", details: { received: expect.stringContaining(received) } };
  await expect(replayStage(session, { target: "t" }, QUICK)).rejects.toMatchObject(expected);
  const [check] = replayChecks(session);
  await expect(check?.run(AbortSignal.timeout(5_000))).rejects.toMatchObject(expected);
});

test("doctor loads a module that can be used", async () => {
  const [check] = replayChecks(sessionOf(memoryStore(), { t: target("scorer.mjs") }));
  expect(await check?.run(AbortSignal.timeout(5_000))).toContain("exports a function");
});

test("the example answers each model, and its path starts at the config file's folder", async () => {
  const store = memoryStore();
  await writeCapture(store, rows(0, 30, ["a", "client-b/x"]));
  const session = sessionOf(store, { t: { module: { path: "./scorer.mjs" } } });
  const config = { ...session.config, folder: MODULES };
  const { run, replayed } = await replayStage({ ...session, config }, { target: "t" }, QUICK);
  expect(replayed).toBe(30);
  for (const { offset, model, output } of await readResults(store, run)) {
    expect(JSON.parse(text(output) ?? "")).toEqual({ model, double: 2 * Number(offset) });
  }
});
