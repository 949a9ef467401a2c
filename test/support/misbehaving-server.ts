/**
 * A server for replay's tests that does what its script says. It speaks plain HTTP (`/…/invocations`) and the
 * SageMaker runtime protocol (`/endpoints/NAME/invocations`, error shapes and headers of the service), and
 * counts what it saw.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is done with one try. `answer` echoes when it names no body. */
export type Act =
  | {
      readonly do: "answer";
      readonly status?: number;
      readonly body?: string | Uint8Array;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly delayMs?: number;
    }
  /** Error of the SageMaker runtime: name in x-amzn-errortype, members as JSON. */
  | { readonly do: "error"; readonly status: number; readonly name: string; readonly members?: object }
  /** Closes the connection without an answer. */
  | { readonly do: "reset" }
  /** Never answers, or sends headers and never ends. */
  | { readonly do: "hang"; readonly afterHeaders?: boolean }
  /** Writes these bytes to the socket as they are, then closes it, or leaves it open. */
  | { readonly do: "raw"; readonly text: string; readonly close?: boolean };

export interface Seen {
  /** From 0, over all tries. */
  readonly index: number;
  /** How often a request with these bytes to this path came before. */
  readonly before: number;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Tries at work in the server now, this one included. */
  readonly atWork: number;
}

export interface MisbehavingServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Most tries at work at one moment, in total and per path. */
  readonly peak: number;
  readonly peakByPath: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function misbehavingServer(script: (seen: Seen) => Act): Promise<MisbehavingServer> {
  const seen: Seen[] = [];
  const repeats = new Map<string, number>();
  const atWork = new Map<string, number>();
  const peakByPath = new Map<string, number>();
  let total = 0;
  let peak = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const here = (atWork.get(path) ?? 0) + 1;
    atWork.set(path, here);
    total++;
    peak = Math.max(peak, total);
    peakByPath.set(path, Math.max(peakByPath.get(path) ?? 0, here));
    response.once("close", () => {
      atWork.set(path, (atWork.get(path) ?? 1) - 1);
      total--;
    });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const key = `${path}\n${body.toString("latin1")}`;
      const before = repeats.get(key) ?? 0;
      repeats.set(key, before + 1);
      const one = { index: seen.length, before, path, headers: request.headers, body, atWork: total };
      seen.push(one);
      perform(script(one), one, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get peak() {
      return peak;
    },
    peakByPath,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function perform(act: Act, seen: Seen, response: ServerResponse): void {
  switch (act.do) {
    case "answer": {
      const { status = 200, type = "application/json", headers = {}, delayMs = 0 } = act;
      const body = act.body ?? seen.body;
      const send = (): void => void response.writeHead(status, { "content-type": type, ...headers }).end(body);
      if (delayMs > 0) setTimeout(send, delayMs);
      else send();
      return;
    }
    case "error":
      response.writeHead(act.status, { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": act.name });
      response.end(JSON.stringify(act.members ?? { Message: act.name }));
      return;
    case "reset":
      response.destroy();
      return;
    case "hang":
      if (act.afterHeaders) response.writeHead(200, { "content-type": "application/json" }).write("{");
      return;
    case "raw":
      response.socket?.write(act.text);
      if (act.close ?? true) response.socket?.end();
      return;
  }
}

/** A whole HTTP message as text, with exactly these headers. */
export function rawResponse(status: string, headers: readonly string[], body: string): string {
  return [`HTTP/1.1 ${status}`, ...headers, "", body].join("\r\n");
}
