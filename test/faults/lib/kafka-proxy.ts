/**
 * Between the program and the real broker: a TCP proxy that reads the head of each request (its kind and who
 * asks), so that a test can act between an object and the commit of its offset, and cut the line.
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { HOST } from "../../services/lib/ports.ts";

export const API = { fetch: 1, offsetCommit: 8, joinGroup: 11, heartbeat: 12 } as const;

export interface KafkaCall {
  readonly api: number;
  readonly clientId: string;
  /** From 1, over the calls of this kind since the counts were last reset. */
  readonly nth: number;
}

export interface KafkaScript {
  /** False: the broker never sees it, and no answer comes. */
  request?(call: KafkaCall): boolean | undefined;
  /** The broker has answered, and the program does not know it yet. False: it never will. */
  answer?(call: KafkaCall): boolean | undefined;
}

export interface KafkaProxy {
  script: KafkaScript;
  readonly counts: ReadonlyMap<number, number>;
  reset(): void;
  /** Cuts every connection, and refuses new ones until `up`. */
  down(): void;
  up(): void;
  close(): Promise<void>;
}

const HEAD_BYTES = 10;

export async function startKafkaProxy(port: number, upstream: number): Promise<KafkaProxy> {
  const sockets = new Set<Socket>();
  const counts = new Map<number, number>();
  let script: KafkaScript = {};
  let isUp = true;
  const server = createServer((client) => {
    if (!isUp) {
      client.destroy();
      return;
    }
    const broker = connect(upstream, HOST);
    const waiting = new Map<number, KafkaCall>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on(
      "data",
      frames((frame) => {
        const { api, correlation, clientId } = readHead(frame);
        const nth = (counts.get(api) ?? 0) + 1;
        counts.set(api, nth);
        const call = { api, clientId, nth };
        waiting.set(correlation, call);
        if (script.request?.(call) !== false) broker.write(frame);
      }),
    );
    broker.on(
      "data",
      frames((frame) => {
        const correlation = frame.readInt32BE(4);
        const call = waiting.get(correlation);
        waiting.delete(correlation);
        if (call === undefined || script.answer?.(call) !== false) client.write(frame);
      }),
    );
  });
  server.listen(port, HOST);
  await once(server, "listening");
  return {
    counts,
    get script() {
      return script;
    },
    set script(next) {
      script = next;
    },
    reset() {
      script = {};
      counts.clear();
      isUp = true;
    },
    down() {
      isUp = false;
      for (const socket of sockets) socket.destroy();
    },
    up() {
      isUp = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Cuts a stream into frames: four bytes of length, then so many. */
function frames(each: (frame: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    let whole: Buffer | undefined;
    for (;;) {
      if (held < 4) return;
      // A large frame comes in many chunks: they are joined when it is complete, not each time.
      if (whole === undefined && (parts[0] as Buffer).length >= 4 && held < 4 + (parts[0] as Buffer).readInt32BE(0))
        return;
      whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      parts = [whole];
      const size = 4 + whole.readInt32BE(0);
      if (held < size) return;
      each(whole.subarray(0, size));
      whole = whole.subarray(size);
      parts = [whole];
      held -= size;
    }
  };
}

/** Kind, number and sender of a request: the same in every version of the protocol. */
function readHead(frame: Buffer): { api: number; correlation: number; clientId: string } {
  const length = frame.length >= 4 + HEAD_BYTES ? frame.readInt16BE(4 + 8) : -1;
  const clientId = length > 0 ? frame.toString("utf8", 4 + HEAD_BYTES, 4 + HEAD_BYTES + length) : "";
  return { api: frame.readInt16BE(4), correlation: frame.readInt32BE(8), clientId };
}
