/** The endpoint that probes ask: two questions over HTTP, answered with 200 or 503 and the reasons in JSON. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CutoverError, messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export interface HealthReport {
  /** Empty when all is well. */
  readonly reasons: readonly string[];
  readonly [detail: string]: unknown;
}

/** `/healthz`: a restart would help. `/readyz`: it does its work. */
export interface HealthQuestions {
  healthz(): HealthReport;
  readyz(): HealthReport;
}

export interface HealthEndpoint {
  /** The one that was bound: another than was asked for when that was 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** Stands in every answer, so that `doctor` knows its own. */
export const HEALTH_PROGRAM = "cutover";
const REQUEST_MS = 5_000;

/** CONFIG when the address cannot be bound. The endpoint does not hold the process open. */
export async function serveHealth(
  { host, port }: { readonly host: string; readonly port: number },
  questions: HealthQuestions,
  place = "capture.health",
): Promise<HealthEndpoint> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) =>
    send(request, response, answerTo(request, questions)),
  );
  server.maxConnections = LIMITS.healthConnections;
  await listen(server, host, port, place);
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number, place: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new CutoverError("CONFIG", "the health endpoint cannot be opened", {
          place: `${place}: ${host}:${port}`,
          received: messageOf(cause),
          hint: "choose a free port and an address of this machine, or leave it out",
          cause,
        }),
      ),
    );
    server.listen({ host, port }, resolve);
  });
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

function answerTo(request: IncomingMessage, questions: HealthQuestions): Answer {
  const path = (request.url ?? "").replace(/\?.*$/, "");
  const ask = path === "/healthz" ? questions.healthz : path === "/readyz" ? questions.readyz : undefined;
  if (!ask) return { status: 404, body: { paths: ["/healthz", "/readyz"] } };
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, body: { allow: "GET, HEAD" } };
  const report = ask();
  const ok = report.reasons.length === 0;
  return { status: ok ? 200 : 503, body: { ok, ...report } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify({ program: HEALTH_PROGRAM, ...body })}\n`;
  // A probe asks anew each time; a connection kept open would only hold one of the few.
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
