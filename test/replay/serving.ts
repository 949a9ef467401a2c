/** Servers that end with the test that asked for them, and a store of records to send them. */
import { afterEach } from "vitest";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { type Act, type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";
import { rows, writeCapture } from "./world.ts";

const servers: MisbehavingServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

export async function serve(script: (seen: Seen) => Act = () => ({ do: "answer" })): Promise<MisbehavingServer> {
  const server = await misbehavingServer(script);
  servers.push(server);
  return server;
}

export const MODELS = ["a", "b", "client/c", "d"];

/** 3 objects, 120 records, 4 models. */
export async function filled(store: Store = memoryStore()): Promise<Store> {
  for (const first of [0, 40, 80]) await writeCapture(store, rows(first, 40, MODELS), 15);
  return store;
}
