/**
 * Sockets to brokers that hand on whole responses. A response of megabytes comes in hundreds of pieces; kafkajs keeps
 * them all and then copies them together, which takes the memory twice and makes the garbage collector run for it.
 * Here one small buffer is read into again and again, and each response is filled into memory of its own size.
 */
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { LIMITS } from "../src/limits.ts";

/** What kafkajs asks for; `socketFactory` of its settings. */
export interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions;
  readonly onConnect: () => void;
}

const KEEP_ALIVE_MS = 60_000;
const READ_BYTES = 256 * 1024;
/** The length that stands before each response. */
const LENGTH_BYTES = 4;

export function brokerSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  // TLS sockets cannot be read into a given buffer: there kafkajs puts the pieces together.
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : plainSocket(host, port, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function plainSocket(host: string, port: number, onConnect: () => void): Socket {
  const responses = new Responses();
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      try {
        for (const response of responses.take(buffer.subarray(0, bytes))) socket.emit("data", response);
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    },
  };
  const socket = connect({ host, port, onread }, onConnect);
  return socket;
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
