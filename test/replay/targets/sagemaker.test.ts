/** Both ways of sending, ours and the real AWS SDK, against a local server that speaks the runtime protocol. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { replayStage } from "../../../replay/stage.ts";
import { targetIdentity } from "../../../replay/targets/endpoint.ts";
import { inferenceId } from "../../../replay/targets/sagemaker-request.ts";
import { targetSchema } from "../../../src/config/schema.ts";
import { sha256Hex } from "../../../src/hash.ts";
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

async function one(script: (seen: Seen) => Act, more: object = {}, sdk = false, path = "") {
  server = await misbehavingServer(script);
  const target = {
    sagemaker: { endpoint: "mod-{model}", region: "eu-west-1", url: server.url + path, sdk },
    timeout: "1500ms",
    retry: { attempts: 4, backoff: "2ms", maxWait: "1s" },
    ...more,
  };
  const store = memoryStore();
  await writeCapture(store, [row({ model: "tox", offset: 1n })]);
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
const cutChunk = rawResponse("200 OK", ["transfer-encoding: chunked"], "ff\r\nabc");
const short = rawResponse("200 OK", ["content-type: application/json", "content-length: 100"], ok);

/** As the client library calls it. */
const RESET = /^(UND_ERR_SOCKET|ECONNRESET)$/;
const UNSOUND = /^(HTTPParserError|HPE_INVALID_CONSTANT)$/;

type ErrorClass = string | RegExp | null;
const CASES: readonly [string, (seen: Seen) => Act, string, ErrorClass, number | null, string | null, number][] = [
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
  ["413", () => error(413, "RequestEntityTooLarge"), "too_large", "RequestEntityTooLarge", 413, null, 1],
  ["418, by a name that nobody knows", () => error(418, "Teapot"), "rejected_input", "Teapot", 418, null, 1],
  [
    "500 without a body",
    () => ({ do: "answer", status: 500, body: "" }),
    "unavailable",
    /^(http_500|InternalFailure)$/,
    500,
    null,
    4,
  ],
  ["a redirect always", () => ({ do: "answer", status: 302, body: "" }), "bad_response", "http_302", 302, null, 4],
  ["no HTTP", () => ({ do: "raw", text: "hello\r\n\r\n" }), "bad_response", UNSOUND, null, null, 4],
  ["a chunk cut always", () => ({ do: "raw", text: cutChunk }), "bad_response", "truncated", 200, null, 4],
  ["a reset always", () => ({ do: "reset" }), "connection", RESET, null, null, 4],
  ["a hang", () => ({ do: "hang" }), "timeout", "timeout", null, null, 2],
  ["a hang after the headers", () => ({ do: "hang", afterHeaders: true }), "timeout", "timeout", null, null, 2],
  ["a body cut always", () => ({ do: "raw", text: short }), "bad_response", "truncated", 200, null, 4],
];

const WAYS: readonly [string, boolean][] = [
  ["signed and sent by us", false],
  ["through the SDK", true],
];

describe.each(WAYS)("one request, %s, to a SageMaker endpoint that answers", (_way, sdk) => {
  test.each(CASES)("%s", async (_name, script, outcome, errorClass, status, output, tries) => {
    const { stored, requests } = await one(script, {}, sdk);
    const named = errorClass instanceof RegExp ? expect.stringMatching(errorClass) : errorClass;
    expect(stored).toMatchObject({ outcome, errorClass: named, status, attempts: tries });
    expect(text(stored?.output ?? null)).toBe(output);
    expect(requests).toBe(tries);
  });

  test("more than maxResponse is read no further", async () => {
    const { stored, requests } = await one(
      () => ({ do: "answer", body: "x".repeat(5_000) }),
      { maxResponse: 1_000 },
      sdk,
    );
    expect(stored).toMatchObject({ outcome: "too_large", errorClass: "response_too_large", output: null });
    expect(requests).toBe(1);
  });
});

test.each(WAYS)("the request, %s, carries bytes, types, id and routing; the answer its variant", async (_way, sdk) => {
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
  const target = { sagemaker: { endpoint: "mod-{model}", region: "eu-west-1", url: server.url, sdk, ...sagemaker } };
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
  expect(await signedBySdk(seen as Seen, "eu-west-1")).toBe(seen?.headers.authorization);
  const [stored] = await readResults(store, run);
  expect(stored).toMatchObject({ variant: "blue", outputType: "application/x-npy" });
  expect(stored?.output).toEqual(new Uint8Array([0xfe, 1]));
});

test("what we send is signed over all its headers, with the session's token, below the path of the url", async () => {
  vi.stubEnv("AWS_SESSION_TOKEN", "t0ken/+=");
  server = await misbehavingServer(thenOk());
  const store = memoryStore();
  await writeCapture(
    store,
    Array.from({ length: 40 }, (_, i) => row({ model: `m.${i % 3}`, offset: BigInt(i), id: "x".repeat(i * 2) })),
  );
  const sagemaker = { endpoint: "mod-{model}", region: "eu-north-1", url: `${server.url}/a%20b` };
  const target = { sagemaker: { ...sagemaker, contentType: "text/csv", accept: "a/b,  c/d" } };
  const { replayed } = await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
  expect(replayed).toBe(40);
  for (const seen of server.seen) {
    expect(seen.path).toMatch(/^\/a%20b\/endpoints\/mod-m-[012]\/invocations$/);
    expect(seen.headers).toMatchObject({ "content-type": "text/csv", accept: "a/b,  c/d" });
    expect(await signedBySdk(seen, "eu-north-1")).toBe(seen.headers.authorization);
    const signed = /SignedHeaders=([^,]*)/.exec(seen.headers.authorization ?? "")?.[1]?.split(";");
    const others = Object.keys(seen.headers).filter((name) => !signed?.includes(name));
    expect(others.sort()).toEqual(["authorization", "connection"]);
  }
});

/** The authorization that the SDK's signer gives a request as it arrived. */
async function signedBySdk({ path, headers, body }: Seen, region: string): Promise<string | undefined> {
  const { SageMakerRuntimeClient } = await import("@aws-sdk/client-sagemaker-runtime");
  const client = new SageMakerRuntimeClient({ region });
  const scheme = { name: "sigv4", signingName: "sagemaker", signingRegion: region, properties: {} };
  const signer = await client.config.signer(scheme);
  const names = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? "")?.[1]?.split(";") ?? [];
  const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  expect(signed["x-amz-content-sha256"]).toBe(sha256Hex(body));
  const date = String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  const request = { method: "POST", protocol: "http:", hostname: "h", path, query: {}, headers: signed, body };
  const { headers: own } = await signer.sign(request, { signingDate: new Date(date) });
  return own.authorization;
}

/** Below this path the server leaves it to the script to look at signatures, as it has only the one clock. */
const UNCHECKED = "/unchecked";
const THREE_HOURS_MS = 3 * 3_600_000;

/** A service whose clock is `ahead` of ours, and which like AWS takes no signature of another time. */
function withClock(ahead: number): (seen: Seen) => Act {
  return ({ headers }) => {
    const now = Date.now() + ahead;
    const signedAt = Date.parse(
      String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"),
    );
    const date = new Date(now).toUTCString();
    if (Math.abs(now - signedAt) < 300_000) return { do: "answer", body: ok, headers: { date } };
    const errortype = { "x-amzn-errortype": "InvalidSignatureException" };
    return { do: "answer", status: 403, body: '{"message":"Signature expired"}', headers: { date, ...errortype } };
  };
}

describe.each(WAYS)("signatures, %s, follow the service's clock", (_way, sdk) => {
  test.each([THREE_HOURS_MS, -THREE_HOURS_MS])("that is %i ms ahead", async (ahead) => {
    const { stored, requests } = await one(withClock(ahead), {}, sdk, UNCHECKED);
    expect(stored).toMatchObject({ outcome: "ok", attempts: 2 });
    expect(requests).toBe(2);
  });

  test("also when it moves while a run goes on", async () => {
    let asked = 0;
    server = await misbehavingServer((seen) => withClock(asked++ < 5 ? 0 : THREE_HOURS_MS)(seen));
    const store = memoryStore();
    const records = Array.from({ length: 10 }, (_, i) => row({ model: "tox", offset: BigInt(i) }));
    await writeCapture(store, records);
    const sagemaker = { endpoint: "mod-{model}", region: "eu-west-1", url: server.url + UNCHECKED, sdk };
    const target = { sagemaker, concurrency: { total: 1 }, retry: { backoff: "1ms" } };
    const result = await replayStage(sessionOf(store, { t: target }), { target: "t" }, QUICK);
    expect(result).toMatchObject({ replayed: 10, failed: 0, attempts: 11 });
  });
});

test.each(WAYS)("without credentials the call, %s, fails and nothing is stored", async (_way, sdk) => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
  await expect(one(thenOk(), {}, sdk)).rejects.toMatchObject({
    code: "TARGET_UNUSABLE",
    message: "no AWS credentials were found",
  });
  expect(server?.seen.length).toBe(0);
});

test("who sends is no part of a run's identity, what is sent is", () => {
  const hashOf = (more: object): string => {
    const settings = targetSchema.parse({ sagemaker: { endpoint: "ep", region: "eu-west-1", ...more } });
    return targetIdentity("t", settings).hash;
  };
  expect(hashOf({ sdk: true })).toBe(hashOf({}));
  expect(hashOf({ accept: "text/csv" })).not.toBe(hashOf({}));
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
