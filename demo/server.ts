/**
 * A model behind HTTP, as a SageMaker container serves it: `GET /ping`, `POST /invocations`; and as the
 * SageMaker runtime does: `POST /endpoints/{name}/invocations`, so that both kinds of target can be tried.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Model } from "./model.ts";

export interface ModelServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A review is short; more is refused with 413. */
const MAX_BODY_BYTES = 1024 * 1024;
const INVOCATIONS = /^\/(endpoints\/[^/]+\/)?invocations$/;

/** Serves `model` on loopback, on `port` or, when that is taken, on a free one. */
export async function serveModel(model: Model, port = 0): Promise<ModelServer> {
  const server = createServer((request, response) => {
    handle(model, request, response).catch(() => response.destroy());
  });
  const listen = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(wanted, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return listen(0);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(model: Model, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] as string;
  if (request.method === "GET" && path === "/ping") return send(response, 200, {});
  if (request.method !== "POST" || !INVOCATIONS.test(path)) {
    return send(response, 404, { error: { class: "not_found", message: `no ${request.method} ${path}` } });
  }
  const body = await readBody(request);
  if (body === undefined) {
    return send(response, 413, { error: { class: "too_large", message: `over ${MAX_BODY_BYTES} bytes` } });
  }
  const text = readText(body);
  if (text === undefined) {
    return send(response, 400, { error: { class: "bad_request", message: 'expected {"text": string}' } });
  }
  send(response, 200, model(text));
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function readText(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null || !("text" in parsed)) return undefined;
    return typeof parsed.text === "string" ? parsed.text : undefined;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
