/**
 * A server for replay's tests that does what its script says. It speaks plain HTTP (`/…/invocations`) and the
 * SageMaker runtime protocol (`/endpoints/NAME/invocations`, error shapes and headers of the service), for which
 * it wants a sound signature before the script has its turn, and counts what it saw.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { signatureFault } from "./sigv4-check.ts";

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
  /** Sends the body in so many pieces, with a pause before each. */
  | { readonly do: "drip"; readonly pieces: number; readonly pauseMs: number; readonly body?: string | Uint8Array }
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
  /** Monotonic milliseconds at which its last byte was there. */
  readonly at: number;
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
  /** Requests of the SageMaker protocol that were refused for their signature, with what is wrong with it. */
  readonly unsigned: readonly string[];
  /** Most tries at work at one moment, in total and per path. */
  readonly peak: number;
  readonly peakByPath: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function misbehavingServer(script: (seen: Seen) => Act): Promise<MisbehavingServer> {
  const seen: Seen[] = [];
  const unsigned: string[] = [];
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
      const at = performance.now();
      const body = Buffer.concat(chunks);
      const key = `${path}\n${body.toString("latin1")}`;
      const before = repeats.get(key) ?? 0;
      repeats.set(key, before + 1);
      const one = { index: seen.length, at, before, path, headers: request.headers, body, atWork: total };
      seen.push(one);
      if (!path.startsWith("/endpoints/")) return perform(script(one), one, response);
      void signatureFault(request, body).then((fault) => {
        if (fault === undefined) return perform(script(one), one, response);
        unsigned.push(fault);
        perform(
          { do: "error", status: 403, name: "InvalidSignatureException", members: { message: fault } },
          one,
          response,
        );
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    unsigned,
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
    case "drip":
      void drip(act, seen, response);
      return;
    case "error":
      // The name may come with the address of its definition.
      response.writeHead(act.status, {
        "content-type": "application/json",
        "x-amzn-requestid": `request-${seen.index}`,
        "x-amzn-errortype": `${act.name}:http://internal.amazon.com/coral/com.amazon.coral.service/`,
      });
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

async function drip(act: Act & { do: "drip" }, seen: Seen, response: ServerResponse): Promise<void> {
  const body = Buffer.from(act.body ?? seen.body);
  const size = Math.ceil(body.length / act.pieces);
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.flushHeaders();
  for (let from = 0; from < body.length && !response.destroyed; from += size) {
    await sleep(act.pauseMs);
    response.write(body.subarray(from, from + size));
  }
  response.end();
}

/** The container answered with an error: what the service says of it. */
export function modelError(status: number, message: string): Act {
  const side = status < 500 ? "CLIENT" : "SERVER";
  return {
    do: "error",
    status: 424,
    name: "ModelError",
    members: {
      ErrorCode: `${side}_ERROR_FROM_MODEL`,
      LogStreamArn: "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/mod",
      Message: `Received ${side.toLowerCase()} error (${status}) from primary with message "${message}".`,
      OriginalMessage: message,
      OriginalStatusCode: status,
    },
  };
}

/** A whole HTTP message as text, with exactly these headers. */
export function rawResponse(status: string, headers: readonly string[], body: string): string {
  return [`HTTP/1.1 ${status}`, ...headers, "", body].join("\r\n");
}
