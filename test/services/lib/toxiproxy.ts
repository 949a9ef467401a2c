/** Toxiproxy: a TCP proxy whose faults are set over HTTP. Installed like the other services, started only by tests of faults. */
import { join } from "node:path";
import { goInstall } from "./go.ts";
import { HOST } from "./ports.ts";
import type { Command, Installable } from "./types.ts";

const VERSION = "v2.5.0";
const REQUEST_TIMEOUT_MS = 5_000;

export const toxiproxy: Installable = {
  name: "toxiproxy",
  version: VERSION,
  needs: { run: [], install: ["go"] },
  installSeconds: "10 to 60",
  install: (folder) => goInstall(`github.com/Shopify/toxiproxy/v2/cmd/server@${VERSION}`, folder),
};

/** The server, with its HTTP interface on `port`. */
export function toxiproxyCommand(install: string, port: number): Command {
  return { file: join(install, "server"), args: ["-host", HOST, "-port", String(port)] };
}

/** A fault as Toxiproxy names it; times in milliseconds, rates in KB a second. */
export interface Toxic {
  readonly type: "latency" | "bandwidth" | "timeout" | "reset_peer" | "slicer" | "limit_data";
  readonly attributes: Readonly<Record<string, number>>;
  readonly stream?: "upstream" | "downstream";
  /** Share of the connections that it hits. */
  readonly toxicity?: number;
}

/** One proxy of a running server. */
export interface ToxicProxy {
  add(toxic: Toxic): Promise<void>;
  /** While it is down connections are refused, and those that stood are cut. */
  enable(enabled: boolean): Promise<void>;
  /** No toxic, and up. */
  heal(): Promise<void>;
}

/** Makes a proxy from one port of this machine to another. */
export async function createToxicProxy(
  api: number,
  name: string,
  ports: { readonly listen: number; readonly upstream: number },
): Promise<ToxicProxy> {
  const proxy = { name, listen: `${HOST}:${ports.listen}`, upstream: `${HOST}:${ports.upstream}`, enabled: true };
  await call(api, "POST", "/proxies", proxy);
  return {
    async add(toxic) {
      await call(api, "POST", `/proxies/${name}/toxics`, { stream: "downstream", toxicity: 1, ...toxic });
    },
    async enable(enabled) {
      await call(api, "POST", `/proxies/${name}`, { ...proxy, enabled });
    },
    async heal() {
      await call(api, "POST", "/reset");
    },
  };
}

/** Resolves when the server answers. */
export async function toxiproxyIsUp(api: number): Promise<void> {
  await call(api, "GET", "/version");
}

async function call(api: number, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`http://${HOST}:${api}${path}`, {
    method,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`toxiproxy answered ${response.status} to ${method} ${path}: ${text}`);
}
