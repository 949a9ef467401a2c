/** HTTP target over undici's dispatch. Content type and bytes go out as they were captured, and nothing else of the record. */
import type { Socket } from "node:net";
import { buildConnector, Client, type Dispatcher } from "undici";
import type { TargetSettings } from "../../src/config/schema.ts";
import { messageOf } from "../../src/errors.ts";
import { errorCode, httpFate, socketFate } from "./classify.ts";
import { expandHeaders, type HttpSettings, httpEndpoints } from "./endpoint.ts";
import { failure, type Reply, type Target, type TargetRequest } from "./target.ts";

export function httpTarget(
  name: string,
  settings: TargetSettings & { readonly http: HttpSettings },
  env: Readonly<Record<string, string | undefined>>,
): Target {
  const endpoints = httpEndpoints(name, settings.http);
  const headers = expandHeaders(name, settings.http.headers, env);
  const lines = connections(endpoints.origin, settings.timeout);

  return {
    name,
    kind: "http",
    endpoint: endpoints.of,
    async send(request) {
      const line = lines.take();
      const reply = await exchange(line, request, {
        headers: { accept: request.accept, "content-type": request.contentType, ...headers },
        timeoutMs: settings.timeout,
        maxResponse: settings.maxResponse,
      });
      lines.give(line);
      return reply;
    },
    close: lines.close,
  };
}

/** One keep-alive connection, and the socket under it. */
interface Line {
  readonly client: Client;
  socket: Socket | null;
}

/**
 * One client a connection, reused last in, first out; there are as many as the limiter has had in flight.
 * undici's Pool would do, but does not tell which connection served, and a body longer than its Content-Length
 * shows only there.
 */
function connections(origin: string, timeoutMs: number) {
  const idle: Line[] = [];
  const all = new Set<Line>();
  const connect = buildConnector({ timeout: Math.min(timeoutMs, 10_000) });
  const open = (): Line => {
    const line: Line = {
      socket: null,
      client: new Client(origin, {
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: (options, callback) =>
          connect(options, (...result) => {
            line.socket = result[1] as Socket | null;
            callback(...result);
          }),
      }),
    };
    all.add(line);
    return line;
  };
  return {
    take: () => idle.pop() ?? open(),
    give: (line: Line) => {
      if (line.client.destroyed) all.delete(line);
      else idle.push(line);
    },
    close: async () => {
      await Promise.all([...all].map(({ client }) => client.destroy()));
    },
  };
}

interface ExchangeOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** From send to last byte. */
  readonly timeoutMs: number;
  readonly maxResponse: number;
}

/** Why we ended the exchange ourselves. */
class Ended extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(reply.errorDetail ?? "");
    this.reply = reply;
  }
}

function exchange(line: Line, request: TargetRequest, options: ExchangeOptions): Promise<Reply> {
  return new Promise((resolve) => {
    let control: Dispatcher.DispatchController | undefined;
    let timer: NodeJS.Timeout | undefined;
    const settle = (reply: Reply): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    const end = (reply: Reply): void => {
      if (control) control.abort(new Ended(reply));
      // Not on a connection yet: closing the client gives the request back with an error.
      else void line.client.destroy(new Ended(reply)).catch(() => {});
    };
    timer = setTimeout(
      () => end(failure("timeout", "timeout", `no complete answer within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    const handler = receiver(line, request, options.maxResponse, settle, end);
    const { onRequestStart } = handler;
    handler.onRequestStart = (controller, context) => {
      control = controller;
      onRequestStart?.(controller, context);
    };
    try {
      line.client.dispatch(
        { path: request.endpoint.address, method: "POST", headers: options.headers, body: request.body },
        handler,
      );
    } catch (error) {
      settle(unsendable(error));
    }
  });
}

/** Collects one answer, bounded, and names what is wrong with it. */
function receiver(
  line: Line,
  request: TargetRequest,
  maxResponse: number,
  settle: (reply: Reply) => void,
  end: (reply: Reply) => void,
): Dispatcher.DispatchHandler {
  let status = 0;
  let headers: Readonly<Record<string, string | string[] | undefined>> = {};
  let bytes = 0;
  const chunks: Buffer[] = [];
  const tooLarge = (size: number): Reply =>
    failure("too_large", "response_too_large", `${size} bytes, more than maxResponse ${maxResponse}`, { status });
  return {
    onRequestStart() {},
    onResponseStart(_controller, statusCode, received) {
      status = statusCode;
      headers = received;
      const announced = Number(first(received["content-length"]) ?? 0);
      if (announced > maxResponse) end(tooLarge(announced));
    },
    onResponseData(_controller, chunk) {
      bytes += chunk.byteLength;
      if (bytes > maxResponse) end(tooLarge(bytes));
      else chunks.push(chunk);
    },
    onResponseEnd() {
      // Bytes after the announced end are parsed right after this call and break the connection.
      setImmediate(() => {
        const broken = line.socket?.errored;
        if (broken && !isReset(broken)) {
          settle(failure("bad_response", "content_length_long", "the answer is longer than announced", { status }));
        } else settle(answer(request, status, headers, Buffer.concat(chunks, bytes)));
      });
    },
    onResponseError(_controller, error) {
      settle(error instanceof Ended ? error.reply : broken(error, status));
    },
  };
}

function answer(
  request: TargetRequest,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Uint8Array,
): Reply {
  const fate = httpFate(status, request.legacyStatus);
  const type = first(headers["content-type"]) ?? null;
  if (fate === "ok") {
    return { fate, status, body, type, variant: null, errorClass: null, errorDetail: null, retryAfterMs: null };
  }
  const judged = fate === "model_error" || fate === "model_fault";
  return failure(fate, `http_${status}`, judged ? `HTTP ${status}` : excerpt(body), {
    status,
    type,
    ...(judged ? { body } : {}),
    retryAfterMs: retryAfter(first(headers["retry-after"])),
  });
}

/** The connection failed: before, or in the middle of, an answer. */
function broken(error: Error, status: number): Reply {
  const code = errorCode(error);
  if (code === "UND_ERR_INVALID_ARG") return unsendable(error);
  // An answer had begun: its bytes are cut, by a closed connection or by a wrong length.
  if (status > 0) return failure("bad_response", "truncated", `${code}: ${messageOf(error)}`, { status });
  return failure(socketFate(code), code, messageOf(error));
}

/** A header value that HTTP cannot carry (a content type with a line break): true of this record, on every try. */
function unsendable(error: unknown): Reply {
  return failure("rejected_input", "invalid_header", messageOf(error));
}

/** undici resets a connection after `Connection: close`; that is no fault of the answer. */
function isReset(error: Error): boolean {
  return (error as { code?: unknown }).code === "UND_ERR_INFO";
}

function excerpt(body: Uint8Array): string {
  return new TextDecoder().decode(body.subarray(0, 512));
}

/** Seconds, or a date that is not read: clocks differ. */
function retryAfter(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
