/**
 * Responses of brokers, put together once. A response of megabytes comes in hundreds of pieces; kafkajs keeps them all
 * and then copies them together, which takes the memory twice and makes the garbage collector run for it. Here a socket
 * reads into one small buffer again and again, and each response is filled into memory of its own size.
 */
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { LIMITS } from "../limits.ts";

/** What kafkajs asks for; `socketFactory` of its settings. */
export interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions;
  readonly onConnect: () => void;
}

const KEEP_ALIVE_MS = 60_000;
const READ_BYTES = 256 * 1024;
/** The length that stands before each response, and the number of the request that it answers. */
const LENGTH_BYTES = 4;
const CORRELATION_BYTES = 4;

export function brokerSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  // A TLS socket cannot be read into a given buffer: it makes one of each piece.
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : plainSocket(host, port, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function plainSocket(host: string, port: number, onConnect: () => void): Socket {
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      // Copied by whoever listens before the next piece is read.
      socket.emit("data", buffer.subarray(0, bytes));
      return true;
    },
  };
  const socket = connect({ host, port, onread }, onConnect);
  return socket;
}

/** What of kafkajs's Connection is used here. */
export interface BrokerConnection {
  readonly socket: Socket;
  /** There while a login goes on. */
  readonly authHandlers: { onSuccess(response: Uint8Array): void } | null;
  /** False while what the broker says in a login is no response of the protocol. */
  readonly authExpectResponse: boolean;
  readonly requestQueue: { fulfillRequest(response: { size: number; correlationId: number; payload: Buffer }): void };
  processData(this: BrokerConnection, piece: Uint8Array): void;
}

/** By socket: what a broken connection left unfinished is of no use to the next. */
const unfinished = new WeakMap<Socket, Responses>();

/** In the place of kafkajs's `processData`, which is called with each piece that came. */
export function takeResponses(this: BrokerConnection, piece: Uint8Array): void {
  const login = this.authHandlers;
  if (login && !this.authExpectResponse) {
    login.onSuccess(Buffer.from(piece));
    return;
  }
  const { socket } = this;
  const responses = unfinished.get(socket) ?? new Responses();
  unfinished.set(socket, responses);
  try {
    for (const response of responses.take(piece)) fulfil(this, response);
  } catch (error) {
    socket.destroy(error as Error);
  }
}

function fulfil(connection: BrokerConnection, response: Buffer): void {
  if (connection.authHandlers) {
    connection.authHandlers.onSuccess(response);
    return;
  }
  const body = LENGTH_BYTES + CORRELATION_BYTES;
  connection.requestQueue.fulfillRequest({
    size: response.length - LENGTH_BYTES,
    correlationId: response.readInt32BE(LENGTH_BYTES),
    payload: response.subarray(body),
  });
}

/** Puts pieces of a stream together to responses, each with its length before it. */
export class Responses {
  readonly #head = Buffer.alloc(LENGTH_BYTES);
  #body: Buffer | undefined;
  /** Bytes of the response that are there, those of its length among them. */
  #filled = 0;

  /** The responses that end in this piece. Throws when one is longer than any broker sends: it is no broker. */
  take(piece: Uint8Array): Buffer[] {
    const whole: Buffer[] = [];
    let at = 0;
    while (at < piece.length) {
      const target = this.#body ?? this.#head;
      const taken = Math.min(target.length - this.#filled, piece.length - at);
      target.set(piece.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < target.length) break;
      if (this.#body === undefined) this.#body = this.#startBody();
      if (this.#filled === this.#body.length) whole.push(this.#endBody(this.#body));
    }
    return whole;
  }

  #startBody(): Buffer {
    const length = this.#head.readInt32BE(0);
    if (length < 0 || length > LIMITS.brokerResponseBytes)
      throw new Error(`a response of ${length} bytes: this is not a Kafka broker, or its port speaks TLS`);
    const body = Buffer.allocUnsafeSlow(LENGTH_BYTES + length);
    this.#head.copy(body);
    return body;
  }

  #endBody(body: Buffer): Buffer {
    this.#body = undefined;
    this.#filled = 0;
    return body;
  }
}
