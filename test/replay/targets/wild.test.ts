/**
 * Whole runs against endpoints that misbehave all at once, each in its own way, over HTTP and over the SageMaker
 * protocol with its signatures checked: what one endpoint does must change nothing of what is recorded of another.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { replayStage } from "../../../replay/stage.ts";
import { sha256Hex } from "../../../src/hash.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { excess } from "../../support/arrivals.ts";
import {
  type Act,
  type MisbehavingServer,
  misbehavingServer,
  modelError,
  rawResponse,
  type Seen,
} from "../../support/misbehaving-server.ts";
import { QUICK, readResults, row, rows, sessionOf, writeCapture } from "../world.ts";

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

const KINDS = ["http", "sagemaker"] as const;
type Kind = (typeof KINDS)[number];

function targetOf(kind: Kind, url: string, more: object = {}) {
  const http = { url: `${url}/{model}/invocations` };
  const sagemaker = { endpoint: "mod-{model}", region: "eu-west-1", url };
  const retry = { attempts: 3, backoff: "2ms", maxWait: "20s" };
  return { ...(kind === "http" ? { http } : { sagemaker }), timeout: "6s", retry, ...more };
}

/** Endpoint that a try was for, as the model's name. */
function modelOf({ path }: Seen): string {
  return /^\/endpoints\/mod-([^/]+)|^\/([^/]+)/.exec(path)?.slice(1).find(Boolean) ?? "";
}

function pathOf(kind: Kind, model: string): string {
  return kind === "http" ? `/${model}/invocations` : `/endpoints/mod-${model}/invocations`;
}

const error = (status: number, name: string, message = name): Act => ({
  do: "error",
  status,
  name,
  members: { Message: message },
});
const answer = (status: number, body = `{"status":${status}}`, type = "application/json"): Act => {
  return { do: "answer", status, body, type };
};
const raw = (headers: readonly string[], body: string): Act => {
  return { do: "raw", text: rawResponse("200 OK", ["content-type: application/json", ...headers], body) };
};
const html = "<html><body>Bad Gateway</body></html>";

interface Behaviour {
  /** Name of the model that is served so. */
  readonly name: string;
  readonly act: Readonly<Record<Kind, (seen: Seen) => Act>>;
  readonly outcome: string;
  readonly errorClass: Readonly<Record<Kind, string | null>>;
  readonly status: number | null;
  /** Tries of each request, all of which must reach the server. */
  readonly tries: number;
  readonly throttles?: number;
}

function same<T>(value: T): Record<Kind, T> {
  return { http: value, sagemaker: value };
}
const always = (http: Act, sagemaker: Act = http) => ({ http: () => http, sagemaker: () => sagemaker });
const twice = (http: Act, sagemaker: Act = http) => ({
  http: ({ before }: Seen): Act => (before < 2 ? http : { do: "answer" }),
  sagemaker: ({ before }: Seen): Act => (before < 2 ? sagemaker : { do: "answer" }),
});

/** One row a behaviour: what is recorded of each of its requests. */
const BEHAVIOURS: readonly Behaviour[] = [
  { name: "well", act: always({ do: "answer" }), outcome: "ok", errorClass: same(null), status: 200, tries: 1 },
  {
    name: "drips-in-time",
    act: always({ do: "drip", pieces: 4, pauseMs: 30 }),
    outcome: "ok",
    errorClass: same(null),
    status: 200,
    tries: 1,
  },
  {
    name: "drips-too-long",
    act: always({ do: "drip", pieces: 4, pauseMs: 3_000 }),
    outcome: "timeout",
    errorClass: same("timeout"),
    status: null,
    tries: 2,
  },
  {
    name: "hangs",
    act: always({ do: "hang" }),
    outcome: "timeout",
    errorClass: same("timeout"),
    status: null,
    tries: 2,
  },
  {
    name: "hangs-in-body",
    act: always({ do: "hang", afterHeaders: true }),
    outcome: "timeout",
    errorClass: same("timeout"),
    status: null,
    tries: 2,
  },
  { name: "resets-twice", act: twice({ do: "reset" }), outcome: "ok", errorClass: same(null), status: 200, tries: 3 },
  {
    name: "cut-short",
    act: always(raw(["content-length: 50"], "{}")),
    outcome: "bad_response",
    errorClass: same("truncated"),
    status: 200,
    tries: 3,
  },
  {
    name: "cut-in-chunk",
    act: always(raw(["transfer-encoding: chunked"], "ff\r\nabc")),
    outcome: "bad_response",
    errorClass: same("truncated"),
    status: 200,
    tries: 3,
  },
  {
    name: "html-200",
    act: always(answer(200, html, "text/html")),
    outcome: "ok",
    errorClass: same(null),
    status: 200,
    tries: 1,
  },
  {
    name: "html-502",
    act: always(answer(502, html, "text/html")),
    outcome: "unavailable",
    errorClass: same("http_502"),
    status: 502,
    tries: 3,
  },
  {
    name: "says-422",
    act: always(answer(422), modelError(422, "no")),
    outcome: "model_error",
    errorClass: { http: "http_422", sagemaker: "ModelError" },
    status: 422,
    tries: 1,
  },
  {
    name: "says-500",
    act: always(answer(500), modelError(500, "no")),
    outcome: "model_error",
    errorClass: { http: "http_500", sagemaker: "ModelError" },
    status: 500,
    tries: 3,
  },
  {
    name: "says-500-twice",
    act: twice(answer(500), modelError(500, "no")),
    outcome: "ok",
    errorClass: same(null),
    status: 200,
    tries: 3,
  },
  {
    name: "not-ready-twice",
    act: twice(answer(503), error(429, "ModelNotReadyException")),
    outcome: "ok",
    errorClass: same(null),
    status: 200,
    tries: 3,
  },
  {
    name: "throttles-twice",
    act: twice(answer(429), error(400, "ThrottlingException", "Rate exceeded")),
    outcome: "ok",
    errorClass: same(null),
    status: 200,
    tries: 3,
    throttles: 2,
  },
  {
    name: "down",
    act: always(answer(503), error(503, "ServiceUnavailable")),
    outcome: "unavailable",
    errorClass: { http: "http_503", sagemaker: "ServiceUnavailable" },
    status: 503,
    tries: 3,
  },
  {
    name: "depends",
    act: always(answer(530), error(530, "InternalDependencyException")),
    outcome: "unavailable",
    errorClass: { http: "http_530", sagemaker: "InternalDependencyException" },
    status: 530,
    tries: 3,
  },
];

describe.each(KINDS)("endpoints behind the %s target, each bad in its own way,", { timeout: 60_000 }, (kind) => {
  test("are recorded as if each were alone", async () => {
    const byName = new Map(BEHAVIOURS.map((behaviour) => [behaviour.name, behaviour]));
    server = await misbehavingServer((seen) => byName.get(modelOf(seen))?.act[kind](seen) ?? { do: "answer" });
    const store = memoryStore();
    // Those that time out take twice the timeout each.
    const each = ({ outcome }: Behaviour): number => (outcome === "timeout" ? 1 : 3);
    const models = BEHAVIOURS.flatMap((behaviour) => Array(each(behaviour)).fill(behaviour.name));
    await writeCapture(store, rows(0, models.length, models));
    const concurrency = { perEndpoint: 2, total: 30 };
    const session = sessionOf(store, { t: targetOf(kind, server.url, { concurrency }) });
    const result = await replayStage(session, { target: "t" }, QUICK);
    const results = await readResults(store, result.run);
    for (const behaviour of BEHAVIOURS) {
      const { name, outcome, errorClass, status, tries, throttles = 0 } = behaviour;
      const expected = { outcome, errorClass: errorClass[kind], status, attempts: tries, throttles };
      const stored = results.filter(({ model }) => model === name);
      expect(stored.map((one) => ({ name, ...pick(one) }))).toEqual(Array(each(behaviour)).fill({ name, ...expected }));
      expect(server.seen.filter((seen) => modelOf(seen) === name).length, name).toBe(each(behaviour) * tries);
    }
    const answered = BEHAVIOURS.filter(({ outcome }) => outcome === "ok" || outcome === "model_error");
    const requests = (some: readonly Behaviour[]): number => some.reduce((sum, one) => sum + each(one), 0);
    expect(result).toMatchObject({
      replayed: requests(answered),
      failed: requests(BEHAVIOURS) - requests(answered),
      skipped: {},
      attempts: server.seen.length,
      throttles: 2 * 3,
    });
    expect(server.unsigned).toEqual([]);
    expect(server.peak).toBeLessThanOrEqual(30);
    for (const { name, outcome } of BEHAVIOURS) {
      // Where we end the connection, the try is off the wire a moment before the server hears of it.
      if (outcome !== "timeout" && outcome !== "bad_response")
        expect(server.peakByPath.get(pathOf(kind, name)), name).toBeLessThanOrEqual(2);
    }
  });

  test("answers of 25 MiB are kept to the byte, one byte more is not", async () => {
    const most = 25 * 1024 * 1024;
    const body = Buffer.alloc(most, "0123456789abcdef\n");
    const sha256 = sha256Hex(body);
    server = await misbehavingServer((seen) => {
      return { do: "answer", body: modelOf(seen) === "more" ? Buffer.concat([body, body.subarray(0, 1)]) : body };
    });
    const store = memoryStore();
    await writeCapture(store, rows(0, 4, ["most", "more"]));
    const session = sessionOf(store, { t: targetOf(kind, server.url, { timeout: "50s" }) });
    const { run } = await replayStage(session, { target: "t" }, QUICK);
    for (const { model, outcome, output, errorClass } of await readResults(store, run)) {
      if (model === "most") expect(sha256Hex(output ?? new Uint8Array())).toBe(sha256);
      else expect({ outcome, errorClass }).toEqual({ outcome: "too_large", errorClass: "response_too_large" });
    }
    expect(server.seen.length).toBe(4);
  });

  test("an endpoint that throttles above three at once answers all in the end, and each throttle is counted", async () => {
    const throttle = kind === "http" ? answer(429) : error(400, "ThrottlingException", "Rate exceeded");
    server = await misbehavingServer(({ atWork }) => (atWork > 3 ? throttle : { do: "answer", delayMs: 3 }));
    const store = memoryStore();
    await writeCapture(store, rows(0, 60, ["a"]));
    const concurrency = { perEndpoint: 12, total: 50 };
    const session = sessionOf(store, { t: targetOf(kind, server.url, { concurrency }) });
    const result = await replayStage(session, { target: "t" }, QUICK);
    expect(result).toMatchObject({ replayed: 60, failed: 0, attempts: server.seen.length });
    expect(result.throttles).toBe(server.seen.length - 60);
    expect(result.throttles).toBeGreaterThan(0);
    expect(server.peak).toBeLessThanOrEqual(12);
    const stored = await readResults(store, result.run);
    for (const { attempts, throttles } of stored) expect(attempts).toBe(throttles + 1);
  });

  test("the rate that the server sees is never above the limit, further tries counted, and none is dropped", async () => {
    const throttle = kind === "http" ? answer(429) : error(400, "ThrottlingException", "Rate exceeded");
    server = await misbehavingServer(({ index }) => (index % 7 === 3 ? throttle : { do: "answer" }));
    const store = memoryStore();
    await writeCapture(store, rows(0, 120, ["a", "b", "c"]));
    const rate = { total: 60, perEndpoint: 25 };
    const concurrency = { perEndpoint: 30, total: 60, adaptive: false };
    const session = sessionOf(store, { t: targetOf(kind, server.url, { rate, concurrency }) });
    const result = await replayStage(session, { target: "t" }, QUICK);
    expect(result).toMatchObject({ replayed: 120, failed: 0, attempts: server.seen.length });
    expect(result.throttles).toBe(server.seen.length - 120);
    const times = (model?: string): number[] =>
      (server?.seen ?? []).filter((seen) => model === undefined || modelOf(seen) === model).map(({ at }) => at);
    expect(excess(times(), rate.total)).toBeLessThanOrEqual(0);
    for (const model of ["a", "b", "c"]) expect(excess(times(model), rate.perEndpoint)).toBeLessThanOrEqual(0);
  });

  test("an endpoint that is deleted half-way is parked, the others go on, and the next call sends the rest", async () => {
    const missing =
      kind === "http"
        ? answer(404, "not found")
        : error(400, "ValidationError", "Endpoint mod-gone of account 123456789012 not found.");
    let deleted = true;
    let answered = 0;
    server = await misbehavingServer((seen) => {
      if (modelOf(seen) !== "gone" || !deleted) return { do: "answer" };
      return answered++ < 10 ? { do: "answer" } : missing;
    });
    const store = memoryStore();
    await writeCapture(store, rows(0, 120, ["a", "gone", "z"]));
    const concurrency = { perEndpoint: 2, total: 6 };
    const session = sessionOf(store, { t: targetOf(kind, server.url, { concurrency }) });
    const first = await replayStage(session, { target: "t" }, QUICK);
    expect(first).toMatchObject({ replayed: 90, failed: 0, skipped: { endpoint_missing: 30 } });
    // Those that were on the wire when the first was told that it is gone.
    expect(server.seen.filter((seen) => modelOf(seen) === "gone").length).toBeLessThanOrEqual(12);
    deleted = false;
    const second = await replayStage(session, { target: "t" }, QUICK);
    expect(second).toMatchObject({ replayed: 120, skipped: {}, resent: 0, now: { replayed: 30 } });
  });

  test("a cold endpoint is waited for, by no more requests at once than are allowed", async () => {
    const notReady = kind === "http" ? answer(429) : error(429, "ModelNotReadyException");
    const wakes: Record<string, number> = {};
    server = await misbehavingServer((seen) => {
      const model = modelOf(seen);
      wakes[model] ??= seen.at + (model === "cold" ? 1_500 : 0);
      return seen.at < (wakes[model] as number) ? notReady : { do: "answer" };
    });
    const store = memoryStore();
    await writeCapture(store, rows(0, 60, ["cold", "warm"]));
    const concurrency = { perEndpoint: 4, total: 6 };
    const retry = { attempts: 2, backoff: "50ms", maxWait: "20s" };
    const session = sessionOf(store, { t: targetOf(kind, server.url, { concurrency, retry }) });
    const result = await replayStage(session, { target: "t" }, QUICK);
    expect(result).toMatchObject({ replayed: 60, failed: 0, attempts: server.seen.length });
    const tries = server.seen.filter((seen) => modelOf(seen) === "cold");
    const early = tries.filter(({ at }) => at < (wakes.cold as number));
    // Requests that keep their places while they wait are all that a sleeping endpoint ever sees.
    expect(new Set(early.map(({ body }) => body.toString())).size).toBeLessThanOrEqual(4);
    expect(tries.length).toBe(30 + early.length);
    // The warm one did not wait for it.
    const warm = server.seen.filter((seen) => modelOf(seen) === "warm");
    expect(Math.max(...warm.map(({ at }) => at))).toBeLessThan(wakes.cold as number);
  });
});

function pick<
  T extends { outcome: string; errorClass: string | null; status: number | null; attempts: number; throttles: number },
>({ outcome, errorClass, status, attempts, throttles }: T) {
  return { outcome, errorClass, status, attempts, throttles };
}

test("a request whose signature is not sound is refused: the server does look", async () => {
  server = await misbehavingServer((seen) => {
    // Another secret than the one that signs.
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", `other-${seen.index}`);
    return { do: "answer" };
  });
  const store = memoryStore();
  await writeCapture(store, [row({ model: "a", offset: 0n }), row({ model: "a", offset: 1n })]);
  const session = sessionOf(store, { t: targetOf("sagemaker", server.url, { concurrency: { perEndpoint: 1 } }) });
  const result = await replayStage(session, { target: "t" }, QUICK);
  expect(result).toMatchObject({ replayed: 1, skipped: { endpoint_denied: 1 } });
  expect(server.unsigned).toEqual(["the signature is not that of the request"]);
});
