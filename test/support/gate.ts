/** A TCP proxy with a gate: open, shut (connections are cut and refused), or silent (bytes are taken, none come back). */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type GateState = "open" | "shut" | "silent";

export interface Gate {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  set(state: GateState): void;
  close(): Promise<void>;
}

/** In front of an `http://HOST:PORT`. */
export async function openGate(upstream: string): Promise<Gate> {
  const { hostname, port } = new URL(upstream);
  let state: GateState = "open";
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (state === "shut") {
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("data", (chunk) => {
        if (state === "open") to.write(chunk);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      state = next;
      // What hung in silence has lost bytes: it cannot go on.
      if (next !== "silent") for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
