/** One POST over undici's dispatch, bounded in time and bytes: what HTTP and SageMaker targets send through. */
import type { Socket } from "node:net";
import { buildConnector, Client, type Dispatcher } from "undici";
import { messageOf } from "../../src/errors.ts";
import { errorCode, socketFate } from "./classify.ts";
import { createDeadlines } from "./deadlines.ts";
import { failure, type Reply, UNSENT } from "./target.ts";

export interface WireRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Asked when a connection is there and the first byte is about to leave; false: none does. */
  readonly mayWrite?: (() => boolean) | undefined;
}

/** An answer that came whole. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface Transport {
  /** Sends once. An answer that came whole is given to `read`; what else came of it is a reply already. */
  post(request: WireRequest, read: (answer: WireAnswer) => Reply | Promise<Reply>): Promise<Reply>;
  /** Closes connections; what is in flight fails. */
  close(): Promise<void>;
}

export interface TransportLimits {
  /** From send to last byte. */
  readonly timeout: number;
  readonly maxResponse: number;
}

/** The longest wait for a connection, whatever the time-out of an answer. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * One client a connection, reused last in, first out; there are as many as were ever in flight at once.
 * undici's Pool would do, but does not tell which connection served, and a body longer than its Content-Length
 * shows only there.
 */
export function openTransport(origin: string, limits: TransportLimits): Transport {
  const idle: Line[] = [];
  const all = new Set<Line>();
  const late = (): Reply => failure("timeout", "timeout", `no complete answer within ${limits.timeout} ms`);
  const deadlines = createDeadlines<Line>(limits.timeout, (line) => line.end(late()));
  const give = (line: Line): void => {
    deadlines.end(line);
    if (line.client.destroyed) all.delete(line);
    else idle.push(line);
  };
  const open = (): Line => {
    const line = openLine(origin, limits, give);
    all.add(line);
    return line;
  };
  return {
    post: (request, read) =>
      new Promise((resolve) => {
        const line = idle.pop() ?? open();
        deadlines.start(line);
        line.post(request, read, resolve);
      }),
    close: async () => {
      await Promise.all([...all].map(({ client }) => client.destroy()));
    },
  };
}

/** One keep-alive connection, which carries one exchange at a time. */
interface Line {
  readonly client: Client;
  post(
    request: WireRequest,
    read: (answer: WireAnswer) => Reply | Promise<Reply>,
    resolve: (reply: Reply | Promise<Reply>) => void,
  ): void;
  /** Breaks the exchange off with this reply. */
  end(reply: Reply): void;
}

/** Why we ended an exchange ourselves. */
class Ended extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(reply.errorDetail ?? "");
    this.reply = reply;
  }
}

/** The handler and its state are made once a connection, not once a request. */
function openLine(origin: string, limits: TransportLimits, give: (line: Line) => void): Line {
  const { client, socket } = openClient(origin, limits);
  let read: ((answer: WireAnswer) => Reply | Promise<Reply>) | undefined;
  let resolve: (reply: Reply | Promise<Reply>) => void = () => {};
  let control: Dispatcher.DispatchController | undefined;
  let mayWrite: WireRequest["mayWrite"];
  const answer = createAnswer(limits.maxResponse, (reply) => line.end(reply));

  const settle = (reply: Reply | Promise<Reply>): void => {
    if (read === undefined) return;
    read = undefined;
    control = undefined;
    give(line);
    resolve(reply);
  };
  /** Bytes after the announced end are parsed right after the end is told, and break the connection. */
  const whole = (): void => {
    const broken = socket()?.errored;
    if (broken && !isReset(broken)) {
      const { status } = answer;
      settle(failure("bad_response", "content_length_long", "the answer is longer than announced", { status }));
    } else if (read) settle(read(answer.take()));
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      control = controller;
      if (mayWrite?.() === false) controller.abort(new Ended(UNSENT));
    },
    onResponseStart: (_controller, status, headers) => answer.start(status, headers),
    onResponseData: (_controller, chunk) => answer.add(chunk),
    onResponseEnd: () => queueMicrotask(whole),
    onResponseError(_controller, error) {
      settle(error instanceof Ended ? error.reply : broken(error, answer.status));
    },
  };
  const line: Line = {
    client,
    post({ path, headers, body, mayWrite: asked }, reader, resolver) {
      mayWrite = asked;
      read = reader;
      resolve = resolver;
      answer.reset();
      try {
        client.dispatch({ path, method: "POST", headers, body }, handler);
      } catch (error) {
        settle(unsendable(error));
      }
    },
    end(reply) {
      if (control) control.abort(new Ended(reply));
      // Not on a connection yet: closing the client gives the request back with an error.
      else void client.destroy(new Ended(reply)).catch(() => {});
    },
  };
  return line;
}

function openClient(origin: string, { timeout }: TransportLimits): { client: Client; socket: () => Socket | null } {
  let socket: Socket | null = null;
  const connect = buildConnector({ timeout: Math.min(timeout, CONNECT_TIMEOUT_MS) });
  const client = new Client(origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) =>
      connect(options, (...result) => {
        socket = result[1] as Socket | null;
        callback(...result);
      }),
  });
  return { client, socket: () => socket };
}

/** Collects one answer after the other, each bounded. */
function createAnswer(maxResponse: number, refuse: (reply: Reply) => void) {
  let status = 0;
  let headers: WireAnswer["headers"] = {};
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  const tooLarge = (size: number): void =>
    refuse(
      failure("too_large", "response_too_large", `${size} bytes, more than maxResponse ${maxResponse}`, { status }),
    );
  return {
    /** 0 before an answer has begun. */
    get status() {
      return status;
    },
    reset() {
      status = 0;
      chunks = [];
      bytes = 0;
    },
    start(code: number, received: WireAnswer["headers"]) {
      status = code;
      headers = received;
      const announced = Number(headers["content-length"] ?? 0);
      if (announced > maxResponse) tooLarge(announced);
    },
    add(chunk: Uint8Array) {
      bytes += chunk.byteLength;
      if (bytes > maxResponse) tooLarge(bytes);
      else chunks.push(chunk);
    },
    /** Copied, since a chunk is a piece of a larger block that its neighbours would keep alive. */
    take: (): WireAnswer => ({ status, headers, body: Buffer.concat(chunks, bytes) }),
  };
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
