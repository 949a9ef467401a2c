/** The real AWS SDK against a local server that speaks the runtime protocol. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { replayStage } from "../../../replay/stage.ts";
import { inferenceId } from "../../../replay/targets/sagemaker.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import {
  type Act,
  type MisbehavingServer,
  misbehavingServer,
  rawResponse,
  type Seen,
} from "../../support/misbehaving-server.ts";
import { QUICK, readResults, row, sessionOf, text, writeCapture } from "../world.ts";

let server: MisbehavingServer | undefined;
beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

async function one(script: (seen: Seen) => Act, more: object = {}, record: object = {}) {
  server = await misbehavingServer(script);
  const target = {
    sagemaker: { endpoint: "mod-{model}", region: "eu-west-1", url: server.url },
    timeout: "500ms",
    retry: { attempts: 4, backoff: "2ms", maxWait: "1s" },
    ...more,
  };
  const store = memoryStore();
  await writeCapture(store, [row({ model: "tox", offset: 1n, ...record })]);
  const result = await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
  const [stored] = await readResults(store, result.run);
  return { result, stored, requests: server.seen.length };
}

const ok = '{"ok":true}';
const error = (status: number, name: string, members?: object): Act => ({
  do: "error",
  status,
  name,
  ...(members ? { members } : {}),
});
const original = (status: number): Act =>
  error(424, "ModelError", {
    Message: "model said",
    OriginalStatusCode: status,
    OriginalMessage: `{"original":${status},"é":1}`,
  });
const thenOk =
  (...acts: Act[]) =>
  ({ before }: Seen): Act =>
    acts[before] ?? { do: "answer", body: ok };
const short = rawResponse("200 OK", ["content-type: application/json", "content-length: 100"], ok);

const CASES: readonly [string, (seen: Seen) => Act, string, string | null, number | null, string | null, number][] = [
  ["answers", thenOk(), "ok", null, 200, ok, 1],
  ["answers HTML with 200", thenOk({ do: "answer", body: "<p>", type: "text/html" }), "ok", null, 200, "<p>", 1],
  ["424 with an original 400", () => original(400), "model_error", "ModelError", 400, '{"original":400,"é":1}', 1],
  ["424 with an original 500 once", thenOk(original(500)), "ok", null, 200, ok, 2],
  [
    "424 with an original 500 always",
    () => original(500),
    "model_error",
    "ModelError",
    500,
    '{"original":500,"é":1}',
    3,
  ],
  ["424 without originals", () => error(424, "ModelError"), "model_error", "ModelError", 424, "", 3],
  [
    "429 ModelNotReady three times",
    thenOk(...Array.from({ length: 3 }, () => error(429, "ModelNotReadyException"))),
    "ok",
    null,
    200,
    ok,
    4,
  ],
  [
    "429 ModelNotReady more often than attempts",
    thenOk(...Array.from({ length: 6 }, () => error(429, "ModelNotReadyException"))),
    "ok",
    null,
    200,
    ok,
    7,
  ],
  [
    "400 ThrottlingException twice",
    thenOk(error(400, "ThrottlingException"), error(400, "ThrottlingException")),
    "ok",
    null,
    200,
    ok,
    3,
  ],
  ["503 always", () => error(503, "ServiceUnavailable"), "unavailable", "ServiceUnavailable", 503, null, 4],
  ["500 InternalFailure always", () => error(500, "InternalFailure"), "unavailable", "InternalFailure", 500, null, 4],
  [
    "530 always",
    () => error(530, "InternalDependencyException"),
    "unavailable",
    "InternalDependencyException",
    530,
    null,
    4,
  ],
  [
    "503 with HTML",
    () => ({ do: "answer", status: 503, body: "<html>", type: "text/html" }),
    "unavailable",
    "http_503",
    503,
    null,
    4,
  ],
  [
    "ValidationError",
    () => error(400, "ValidationError", { Message: "bad header" }),
    "rejected_input",
    "ValidationError",
    400,
    null,
    1,
  ],
  ["a reset always", () => ({ do: "reset" }), "connection", "ECONNRESET", null, null, 4],
  ["a hang", () => ({ do: "hang" }), "timeout", "timeout", null, null, 2],
  ["a hang after the headers", () => ({ do: "hang", afterHeaders: true }), "timeout", "timeout", null, null, 2],
  ["a body cut always", () => ({ do: "raw", text: short }), "bad_response", "truncated", 200, null, 4],
];

describe("one request to a SageMaker endpoint that answers", () => {
  test.each(CASES)("%s", async (_name, script, outcome, errorClass, status, output, tries) => {
    const { stored, requests } = await one(script);
    expect(stored).toMatchObject({ outcome, errorClass, status, attempts: tries });
    expect(text(stored?.output ?? null)).toBe(output);
    expect(requests).toBe(tries);
  });

  test("more than maxResponse is read no further", async () => {
    const { stored, requests } = await one(() => ({ do: "answer", body: "x".repeat(5_000) }), { maxResponse: 1_000 });
    expect(stored).toMatchObject({ outcome: "too_large", errorClass: "response_too_large", output: null });
    expect(requests).toBe(1);
  });
});

test("the request carries bytes, types, id and routing, signed; the answer its variant", async () => {
  const input = new Uint8Array([0xff, 0x00, 0x41]);
  const sagemaker = { targetModel: "{model}.tar.gz", targetVariant: "blue", inferenceComponent: "ic-{model}" };
  const script = (): Act => ({
    do: "answer",
    body: new Uint8Array([0xfe, 1]),
    type: "application/x-npy",
    headers: { "x-amzn-invoked-production-variant": "blue" },
  });
  server = await misbehavingServer(script);
  const store = memoryStore();
  await writeCapture(store, [row({ model: "client-a/tox", offset: 1n, id: "req 1", input, inputType: "text/csv" })]);
  const target = { sagemaker: { endpoint: "mod-{model}", region: "eu-west-1", url: server.url, ...sagemaker } };
  const { run } = await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
  const [seen] = server.seen;
  expect(seen?.path).toBe("/endpoints/mod-client-a-tox/invocations");
  expect(new Uint8Array(seen?.body ?? [])).toEqual(input);
  expect(seen?.headers).toMatchObject({
    "content-type": "text/csv",
    accept: "application/json",
    "x-amzn-sagemaker-inference-id": "req 1",
    "x-amzn-sagemaker-target-model": "client-a/tox.tar.gz",
    "x-amzn-sagemaker-target-variant": "blue",
    "x-amzn-sagemaker-inference-component": "ic-client-a/tox",
  });
  expect(seen?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/sagemaker\//,
  );
  const [stored] = await readResults(store, run);
  expect(stored).toMatchObject({ variant: "blue", outputType: "application/x-npy" });
  expect(stored?.output).toEqual(new Uint8Array([0xfe, 1]));
});

test("an endpoint that is not found is parked; when it was the only one the call fails with nothing stored", async () => {
  const missing = error(400, "ValidationError", { Message: "Endpoint mod-tox of account 1 not found." });
  await expect(one(() => missing)).rejects.toMatchObject({ code: "TARGET_UNUSABLE", exitCode: 2 });
  expect(server?.seen.length).toBe(1);
});

test("refused credentials park the endpoint", async () => {
  const denied = error(403, "AccessDeniedException", { Message: "not authorized" });
  await expect(one(() => denied)).rejects.toMatchObject({
    code: "TARGET_UNUSABLE",
    details: { received: expect.stringContaining("endpoint_denied") },
  });
});

test.each([
  ["a", "a"],
  ["x".repeat(64), "x".repeat(64)],
  ["x".repeat(65), undefined],
  ["", undefined],
  [" a", undefined],
  ["é", undefined],
  ["a\nb", undefined],
])("id %j goes out as inference id %j", (id, expected) => {
  expect(inferenceId(id)).toBe(expected);
});
