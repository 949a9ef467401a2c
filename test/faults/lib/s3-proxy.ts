/**
 * Between the program and the real S3 server: sees every request, and does to it what a script says. What is
 * passed on is passed on as it is, with the host that was signed.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { HOST } from "../../services/lib/ports.ts";

export const S3_OPS = ["put", "get", "head", "list", "delete"] as const;
export type S3Op = (typeof S3_OPS)[number];

export interface S3Call {
  readonly op: S3Op;
  /** Key in the bucket; the prefix for a listing. */
  readonly key: string;
  /** From 1, over the calls of this operation since the counts were last reset. */
  readonly nth: number;
}

export type S3Act =
  /** To the server and back; `stored` is awaited between the server's answer and ours. */
  | { readonly do: "pass"; readonly stored?: () => Promise<void> | void }
  /** An answer of our own; the server sees nothing. */
  | { readonly do: "answer"; readonly status: number }
  /** The connection breaks before the server has seen the request. */
  | { readonly do: "reset" }
  /** The server does it, and the answer is lost. */
  | { readonly do: "lose" }
  /** The answer is cut in the middle of its body. */
  | { readonly do: "truncate" };

/** Decides over a call; may take its time, and the call waits. Nothing = pass. */
export type S3Script = (call: S3Call) => Promise<S3Act | undefined> | S3Act | undefined;

export interface S3Proxy {
  script: S3Script;
  /** Calls since the last reset. */
  readonly counts: Readonly<Record<S3Op, number>>;
  /** No script, counts from zero. */
  reset(): void;
  close(): Promise<void>;
}

/** S3's own error codes for the statuses that scripts answer with. */
const CODES: Readonly<Record<number, string>> = {
  409: "ConditionalRequestConflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
  500: "InternalError",
  503: "SlowDown",
};

export async function startS3Proxy(port: number, upstream: number): Promise<S3Proxy> {
  const counts: Record<S3Op, number> = { put: 0, get: 0, head: 0, list: 0, delete: 0 };
  const proxy = { script: (() => undefined) as S3Script, counts };
  const server = createServer((incoming, response) => {
    serve(proxy, upstream, incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, HOST);
  await once(server, "listening");
  return {
    counts,
    get script() {
      return proxy.script;
    },
    set script(script) {
      proxy.script = script;
    },
    reset() {
      proxy.script = () => undefined;
      for (const op of S3_OPS) counts[op] = 0;
    },
    close: () => closeServer(server),
  };
}

async function serve(
  proxy: { readonly script: S3Script; readonly counts: Record<S3Op, number> },
  upstream: number,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(incoming);
  const { op, key } = readCall(incoming);
  proxy.counts[op]++;
  const act = (await proxy.script({ op, key, nth: proxy.counts[op] })) ?? { do: "pass" };
  if (act.do === "reset") {
    response.destroy();
    return;
  }
  if (act.do === "answer") {
    const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${CODES[act.status] ?? "Error"}</Code><Message>a fault of the test</Message></Error>`;
    response.writeHead(act.status, { "content-type": "application/xml", "content-length": Buffer.byteLength(text) });
    response.end(op === "head" ? undefined : text);
    return;
  }
  const answer = await forward(upstream, incoming, body);
  if (act.do === "lose") {
    response.destroy();
    return;
  }
  if (act.do === "pass") await act.stored?.();
  response.writeHead(answer.status, answer.headers);
  if (act.do === "truncate") {
    response.write(answer.body.subarray(0, answer.body.length >> 1), () => response.destroy());
    return;
  }
  response.end(answer.body);
}

function readCall({ method, url = "" }: IncomingMessage): { op: S3Op; key: string } {
  const { pathname, searchParams } = new URL(url, "http://host");
  const key = decodeURIComponent(pathname).split("/").slice(2).join("/");
  if (method === "GET" && searchParams.has("list-type")) return { op: "list", key: searchParams.get("prefix") ?? "" };
  if (method === "PUT") return { op: "put", key };
  if (method === "HEAD") return { op: "head", key };
  return { op: method === "GET" ? "get" : "delete", key };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function forward(port: number, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const { connection, "keep-alive": keepAlive, expect, "transfer-encoding": coding, ...kept } = headers;
  const sent = request({ host: HOST, port, method, path: url, headers: kept });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), body: await bodyOf(answer) };
}

/** Headers that belong to one connection are not passed on. */
function endToEnd(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const { connection, "keep-alive": keepAlive, "transfer-encoding": coding, ...kept } = headers;
  return kept;
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
