import { afterEach, describe, expect, test } from "vitest";
import { replayStage } from "../../../replay/stage.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import {
  type Act,
  type MisbehavingServer,
  misbehavingServer,
  rawResponse,
  type Seen,
} from "../../support/misbehaving-server.ts";
import { httpTo, QUICK, readResults, row, sessionOf, text, writeCapture } from "../world.ts";

let server: MisbehavingServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Replays one record against the script. */
async function one(script: (seen: Seen) => Act, more: object = {}, record: object = {}) {
  server = await misbehavingServer(script);
  const store = memoryStore();
  await writeCapture(store, [row({ model: "m", offset: 1n, ...record })]);
  const result = await replayStage(
    sessionOf(store, { t: httpTo(server.url, { timeout: "1500ms", ...more }) }),
    { target: "t" },
    QUICK,
  );
  const [stored] = await readResults(store, result.run);
  return { result, stored, requests: server.seen.length };
}

const ok = '{"ok":true}';
const long = rawResponse("200 OK", ["content-type: application/json", `content-length: ${ok.length}`], `${ok}trailing`);
const short = rawResponse("200 OK", ["content-type: application/json", "content-length: 100"], ok);
const cutChunk = rawResponse("200 OK", ["transfer-encoding: chunked"], "ff\r\nabc");
const answer = (status: number, body = `{"status":${status}}`): Act => ({ do: "answer", status, body });
const thenOk =
  (...acts: Act[]) =>
  ({ before }: Seen): Act =>
    acts[before] ?? { do: "answer", body: ok };

/** [what the server does, outcome, error class, status, output, tries] */
const CASES: readonly [string, (seen: Seen) => Act, string, string | null, number | null, string | null, number][] = [
  ["answers", thenOk(), "ok", null, 200, ok, 1],
  ["answers 201", thenOk(answer(201)), "ok", null, 201, '{"status":201}', 1],
  ["answers 204 without a body", thenOk({ do: "answer", status: 204, body: "" }), "ok", null, 204, "", 1],
  ["answers HTML with 200", thenOk({ do: "answer", body: "<p>", type: "text/html" }), "ok", null, 200, "<p>", 1],
  ["answers 400: the model's answer", thenOk(answer(400)), "model_error", "http_400", 400, '{"status":400}', 1],
  ["answers 422: the model's answer", thenOk(answer(422)), "model_error", "http_422", 422, '{"status":422}', 1],
  ["answers 500 once", thenOk(answer(500)), "ok", null, 200, ok, 2],
  ["answers 500 always: kept with its bytes", () => answer(500), "model_error", "http_500", 500, '{"status":500}', 3],
  ["answers 413", () => answer(413), "too_large", "http_413", 413, null, 1],
  ["throttles twice", thenOk(answer(429), answer(429)), "ok", null, 200, ok, 3],
  ["answers 503 once", thenOk(answer(503)), "ok", null, 200, ok, 2],
  ["answers 503 always", () => answer(503), "unavailable", "http_503", 503, null, 3],
  ["answers 530 always", () => answer(530), "unavailable", "http_530", 530, null, 3],
  ["answers a redirect always", () => answer(302), "bad_response", "http_302", 302, null, 3],
  ["resets once", thenOk({ do: "reset" }), "ok", null, 200, ok, 2],
  ["resets always", () => ({ do: "reset" }), "connection", "UND_ERR_SOCKET", null, null, 3],
  ["hangs", () => ({ do: "hang" }), "timeout", "timeout", null, null, 2],
  ["hangs after the headers", () => ({ do: "hang", afterHeaders: true }), "timeout", "timeout", null, null, 2],
  ["answers slowly but in time", thenOk({ do: "answer", delayMs: 100 }), "ok", null, 200, '{"n":1}', 1],
  ["cuts the body once", thenOk({ do: "raw", text: short }), "ok", null, 200, ok, 2],
  ["cuts the body always", () => ({ do: "raw", text: short }), "bad_response", "truncated", 200, null, 3],
  ["cuts a chunk always", () => ({ do: "raw", text: cutChunk }), "bad_response", "truncated", 200, null, 3],
  [
    "sends more than announced",
    () => ({ do: "raw", text: long, close: false }),
    "bad_response",
    "content_length_long",
    200,
    null,
    3,
  ],
  ["speaks no HTTP", () => ({ do: "raw", text: "hello\r\n\r\n" }), "bad_response", "HTTPParserError", null, null, 3],
];

describe("one request to an HTTP server that", () => {
  test.each(CASES)("%s", async (_name, script, outcome, errorClass, status, output, tries) => {
    const { result, stored, requests } = await one(script);
    expect(stored).toMatchObject({ outcome, errorClass, status, attempts: tries });
    expect(text(stored?.output ?? null)).toBe(output);
    expect(requests).toBe(tries);
    const answered = outcome === "ok" || outcome === "model_error";
    expect(result).toMatchObject({
      planned: 1,
      replayed: answered ? 1 : 0,
      failed: answered ? 0 : 1,
      attempts: tries,
      resent: 0,
    });
  });

  test("answers more than maxResponse, announced or not, is read no further and not asked again", async () => {
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const big: Act = { do: "answer", body: "x".repeat(5_000), headers };
      const { stored, requests } = await one(() => big, { maxResponse: 1_000 });
      expect(stored).toMatchObject({ outcome: "too_large", errorClass: "response_too_large", output: null });
      expect(requests).toBe(1);
      await server?.close();
    }
    server = undefined;
  });

  test("throttles for longer than maxWait leaves the outcome throttled, with every throttle counted", async () => {
    const { stored, requests } = await one(() => answer(429), {
      retry: { attempts: 3, backoff: "20ms", maxWait: "100ms" },
    });
    expect(stored?.outcome).toBe("throttled");
    expect(stored?.attempts).toBe(requests);
    expect(stored?.throttles).toBe(requests);
    expect(requests).toBeGreaterThan(2);
  });

  test("asks for a pause by Retry-After gets it", async () => {
    const startedAt = performance.now();
    const { stored } = await one(thenOk({ do: "answer", status: 429, headers: { "retry-after": "1" } }));
    expect(stored).toMatchObject({ outcome: "ok", attempts: 2, throttles: 1 });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  test("answers 404 as legacy did gives the model's answer", async () => {
    const { stored } = await one(() => answer(404), {}, { status: 404 });
    expect(stored).toMatchObject({ outcome: "model_error", status: 404 });
  });
});

test("bytes, content type and accept go out as captured, and nothing else of the record", async () => {
  const input = new Uint8Array([0xff, 0x00, 0x31, 0x2e, 0x30]);
  process.env.CUTOVER_TEST_TOKEN = "s3cret";
  server = await misbehavingServer(thenOk());
  const store = memoryStore();
  await writeCapture(store, [
    row({
      model: "client-a/tox@2",
      offset: 1n,
      input,
      inputType: "text/csv; charset=latin1",
      outputType: "text/plain",
    }),
  ]);
  const target = {
    http: {
      url: `${server.url}/v1/{model}/invocations?m={model}`,
      headers: { "X-Auth": "Bearer ${CUTOVER_TEST_TOKEN}" },
    },
  };
  await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
  const [seen] = server.seen;
  expect(seen?.path).toBe("/v1/client-a/tox%402/invocations?m=client-a/tox%402");
  expect(new Uint8Array(seen?.body ?? [])).toEqual(input);
  expect(seen?.headers).toEqual({
    accept: "text/plain",
    connection: "keep-alive",
    "content-length": "5",
    "content-type": "text/csv; charset=latin1",
    host: new URL(server.url).host,
    "x-auth": "Bearer s3cret",
  });
});

test("a target may have a content type and an accept of its own", async () => {
  server = await misbehavingServer(thenOk());
  const store = memoryStore();
  await writeCapture(store, [row({ model: "m", offset: 1n, inputType: "application/json", outputType: "text/plain" })]);
  const target = { http: { url: `${server.url}/v2`, contentType: "application/x-ndjson", accept: "text/csv" } };
  await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
  expect(server.seen[0]?.headers).toMatchObject({ "content-type": "application/x-ndjson", accept: "text/csv" });
});

test("a content type that HTTP cannot carry is a rejected input, not a crash", async () => {
  const { stored, requests } = await one(thenOk(), {}, { inputType: "text/plain\nx: y" });
  expect(stored).toMatchObject({ outcome: "rejected_input", errorClass: "invalid_header", attempts: 1 });
  expect(requests).toBe(0);
});
