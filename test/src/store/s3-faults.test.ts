/** How the S3 store meets a server that fails: an HTTP server that answers by a script. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { CutoverError } from "../../../src/errors.ts";
import { LIMITS } from "../../../src/limits.ts";
import { openStore } from "../../../src/store/open.ts";
import type { Store } from "../../../src/store/port.ts";
import { s3Store } from "../../../src/store/s3.ts";
import { expectCode, keysOf } from "./conformance.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

let server: Server;
let endpoint: string;
let script: Answer[];
/** What the server kept: the state behind the scripted answers. */
let kept: Buffer | undefined;
let requests: { method: string; headers: IncomingMessage["headers"]; url: string }[];
const waits: number[] = [];

const xml = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
const fail =
  (status: number, code: string): Answer =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/xml" }).end(xml(code));
const reset: Answer = (request) => request.socket.destroy();
const hang: Answer = () => undefined;
/** Writes as asked, so that a script may follow it with a lost answer. */
const keep: Answer = (request, response, body) => {
  if (request.method === "PUT") {
    if (request.headers["if-none-match"] === "*" && kept)
      return fail(412, "PreconditionFailed")(request, response, body);
    kept = body;
    response.writeHead(200, { etag: '"tag"' }).end();
    return;
  }
  if (!kept) return fail(404, "NoSuchKey")(request, response, body);
  response.writeHead(200, { etag: '"tag"', "content-length": kept.byteLength });
  response.end(request.method === "HEAD" ? undefined : kept);
};
const keepThenReset: Answer = (request, _response, body) => {
  kept = body;
  request.socket.destroy();
};
const keepThenHang: Answer = (_request, _response, body) => {
  kept = body;
};

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= "test";
  process.env.AWS_SECRET_ACCESS_KEY ??= "test";
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray().catch(() => []));
    requests.push({ method: request.method ?? "", headers: request.headers, url: request.url ?? "" });
    (script.shift() ?? keep)(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  script = [];
  requests = [];
  kept = undefined;
  waits.length = 0;
});

const clock = {
  sleep: (ms: number, signal?: AbortSignal): Promise<void> => {
    waits.push(ms);
    return systemClock.sleep(Math.min(ms, 1), signal);
  },
};
const open = (settings: Parameters<typeof s3Store>[0]["settings"] = {}): Promise<Store> =>
  s3Store({
    url: "s3://bucket/p",
    bucket: "bucket",
    prefix: "p",
    settings: { endpoint, ...settings },
    retry: { clock, random: () => 0.5 },
    idleMs: 600,
  });

describe("the S3 store", () => {
  test.each([
    { name: "500", answers: [fail(500, "InternalError")] },
    { name: "503 twice", answers: [fail(503, "SlowDown"), fail(503, "ServiceUnavailable")] },
    { name: "429", answers: [fail(429, "TooManyRequests")] },
    { name: "409, another conditional write", answers: [fail(409, "ConditionalRequestConflict")] },
    { name: "400 RequestTimeout", answers: [fail(400, "RequestTimeout")] },
    { name: "a reset", answers: [reset] },
    { name: "silence", answers: [hang] },
    {
      name: "an HTML page of a proxy",
      answers: [(_q, r) => r.writeHead(502).end("<html>Bad gateway</html>")] as Answer[],
    },
  ])("puts again after $name", async ({ answers }) => {
    script = [...answers];
    const store = await open();
    expect(await store.put("k", Buffer.from("body"), { ifAbsent: true })).toEqual({ key: "k", size: 4, etag: "tag" });
    expect(kept?.toString()).toBe("body");
    expect(requests).toHaveLength(answers.length + 1);
    expect(requests.every(({ headers }) => headers["if-none-match"] === "*")).toBe(true);
    await store.close();
  });

  test.each([
    { name: "a reset", lost: keepThenReset },
    { name: "a timeout", lost: keepThenHang },
    {
      name: "a 500",
      lost: ((q, r, body) => {
        kept = body;
        fail(500, "InternalError")(q, r, body);
      }) as Answer,
    },
  ])("takes a 412 after $name for its own write when the bytes are the same", async ({ lost }) => {
    script = [lost];
    const store = await open();
    await expect(store.put("k", Buffer.from("body"), { ifAbsent: true })).resolves.toMatchObject({ etag: "tag" });
    await store.close();
  });

  test.each(["other", "bod2"])(
    "says STORE_EXISTS when a 412 after a reset speaks of other bytes (%s)",
    async (other) => {
      script = [reset];
      kept = Buffer.from(other);
      const store = await open();
      await expectCode(store.put("k", Buffer.from("body"), { ifAbsent: true }), "STORE_EXISTS");
      await store.close();
    },
  );

  test("says STORE_EXISTS at once when no try before could have written, even of the same bytes", async () => {
    kept = Buffer.from("body");
    const store = await open();
    await expectCode(store.put("k", Buffer.from("body"), { ifAbsent: true }), "STORE_EXISTS");
    expect(requests).toHaveLength(1);
    await store.close();
  });

  test("gives up after its tries, with doubling waits", async () => {
    script = Array.from({ length: 50 }, () => fail(503, "SlowDown"));
    const store = await open();
    await expectCode(store.get("k"), "STORE_UNAVAILABLE");
    expect(requests).toHaveLength(LIMITS.storeAttempts);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200]);
    await store.close();
  });

  test.each([
    { status: 403, code: "AccessDenied", expected: "STORE_DENIED" },
    { status: 401, code: "Unauthorized", expected: "STORE_DENIED" },
    { status: 400, code: "ExpiredToken", expected: "STORE_DENIED" },
    { status: 404, code: "NoSuchBucket", expected: "STORE_UNUSABLE" },
    { status: 404, code: "NoSuchKey", expected: "STORE_MISSING" },
    { status: 301, code: "PermanentRedirect", expected: "STORE_UNUSABLE" },
    { status: 400, code: "AuthorizationHeaderMalformed", expected: "STORE_UNUSABLE" },
    { status: 400, code: "SomethingElse", expected: "STORE_UNUSABLE" },
    { status: 507, code: "XMinioStorageFull", expected: "STORE_FULL" },
  ] as const)("reads $status $code as $expected, without another try", async ({ status, code, expected }) => {
    script = [fail(status, code)];
    const store = await open();
    const error = await expectCode(store.get("a/b"), expected);
    expect(error.details.place).toBe("s3://bucket/p a/b");
    expect(requests).toHaveLength(1);
    await store.close();
  });

  test("says that nothing listens, and to look at s3.endpoint", async () => {
    const store = await open({ endpoint: "http://127.0.0.1:1" });
    const error = await expectCode(store.check(), "STORE_UNAVAILABLE");
    expect(error.message).toBe("nothing listens at http://127.0.0.1:1");
    expect(error.details.hint).toContain("s3.endpoint");
    expect(waits).toHaveLength(2);
    await store.close();
  });

  test("reads again when an answer is cut short", async () => {
    kept = Buffer.from("0123456789");
    script = [
      (request, response) => {
        response.writeHead(200, { "content-length": 10, etag: '"tag"' });
        response.write("0123", () => request.socket.destroy());
      },
    ];
    const store = await open();
    expect(Buffer.from(await store.get("k")).toString()).toBe("0123456789");
    await store.close();
  });

  test("refuses a server that takes a second conditional put", async () => {
    const careless: Answer = (_request, response) => response.writeHead(200, { etag: '"tag"' }).end();
    const list: Answer = (_q, r) =>
      r.writeHead(200).end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    script = [list, careless, careless];
    const store = await open();
    const error = await expectCode(store.check({ write: true }), "STORE_UNUSABLE");
    expect(error.message).toContain("If-None-Match");
    await store.close();
  });

  test("never gives a part of a listing for the whole", async () => {
    const page =
      "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>p/a</Key><Size>1</Size></Contents></ListBucketResult>";
    script = [(_q, r) => r.writeHead(200).end(page)];
    const store = await open();
    await expectCode(keysOf(store.list("")), "STORE_UNUSABLE");
    await store.close();
  });

  test("asks for encryption and sends metadata as configured", async () => {
    const store = await open({ sse: "aws:kms", kmsKeyId: "key-1" });
    await store.put("k", Buffer.from("x"), { metadata: { cutover: "{}" }, contentType: "text/plain" });
    expect(requests[0]?.headers).toMatchObject({
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      "x-amz-meta-cutover": "{}",
      "content-type": "text/plain",
    });
    expect(requests[0]?.headers).not.toHaveProperty("x-amz-checksum-crc32");
    expect(requests[0]?.url).toContain("/bucket/p/k");
    await store.close();
  });

  test("stops at once when it is aborted while it waits for an answer", async () => {
    const controller = new AbortController();
    const reason = new CutoverError("INTERRUPTED", "stop");
    script = [() => controller.abort(reason)];
    const store = await open();
    const put = store.put("k", Buffer.from("x"), { signal: controller.signal });
    await expect(put).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
    await store.close();
  });
});

describe("openStore", () => {
  test.each([
    { url: "memory:", expected: "memory:" },
    { url: "./data", expected: "./data" },
    { url: "s3://bucket", expected: "s3://bucket" },
    { url: "s3://bucket/a/b/", expected: "s3://bucket/a/b/" },
  ])("takes $url", async ({ url, expected }) => {
    expect((await openStore(url, {})).url).toBe(expected);
  });

  test.each([
    "gs://bucket",
    "https://bucket.s3.amazonaws.com",
    "file:///data",
    "",
    "s3://",
    "s3:/bucket",
    "memory:x",
    "s3://UPPER/x",
    "s3://bucket//x",
    "s3://bucket/../x",
  ])("refuses %j, and says what a store can be", async (url) => {
    const error = await expectCode(openStore(url, {}), "CONFIG");
    expect(error.details.expected).toContain("s3://bucket");
  });
});
