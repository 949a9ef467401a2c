/**
 * A server that speaks the part of Datadog's API that is used here: keys, tags, pages, ids of composites, refusals.
 * Bodies are read by Datadog's own models; whatever those cannot read is refused.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { faultsOf, readAs } from "./models.ts";

export const KEYS = { DD_API_KEY: "api-0123456789", DD_APP_KEY: "app-9876543210" };

interface StoredMonitor {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly tags: readonly string[];
}

export interface DatadogServer {
  readonly url: string;
  readonly monitors: Map<number, StoredMonitor>;
  readonly dashboards: Map<string, { readonly id: string; readonly title: string; readonly description: string }>;
  readonly calls: string[];
  /** Answers before the next calls, each once: a status and its headers. */
  readonly next: { readonly status: number; readonly headers?: Record<string, string> }[];
  close(): Promise<void>;
}

type Answer = readonly [status: number, body: unknown];

export async function serveDatadog(): Promise<DatadogServer> {
  const monitors: DatadogServer["monitors"] = new Map();
  const dashboards: DatadogServer["dashboards"] = new Map();
  const calls: string[] = [];
  const next: DatadogServer["next"] = [];
  let id = 1_000;

  const monitorOf = (body: unknown, at: number): Answer => {
    const faults = faultsOf(readAs(body, "Monitor"), "Monitor");
    const document = body as StoredMonitor;
    if (document.type === "composite") {
      const ids = document.query.match(/\d+/g) ?? [];
      if (!/^\d+ && \d+$/.test(document.query)) faults.push(`the query is no composite: ${document.query}`);
      for (const each of ids) if (!monitors.has(Number(each))) faults.push(`there is no monitor ${each}`);
    }
    if (faults.length > 0) return [400, { errors: faults }];
    monitors.set(at, { ...document, id: at });
    return [200, monitors.get(at)];
  };
  const dashboardOf = (body: unknown, at: string): Answer => {
    const faults = faultsOf(readAs(body, "Dashboard"), "Dashboard");
    if (faults.length > 0) return [400, { errors: faults }];
    dashboards.set(at, { ...(body as { title: string; description: string }), id: at });
    return [200, dashboards.get(at)];
  };
  const answer = (method: string, url: URL, body: unknown): Answer => {
    const [, , , kind = "", name] = url.pathname.split("/");
    if (kind === "monitor" && method === "GET") {
      const wanted = (url.searchParams.get("monitor_tags") ?? "").split(",");
      const [page, size] = [Number(url.searchParams.get("page")), Number(url.searchParams.get("page_size"))];
      const found = [...monitors.values()].filter(({ tags }) => wanted.every((tag) => tags.includes(tag)));
      return [200, found.slice(page * size, (page + 1) * size)];
    }
    if (kind === "monitor" && method === "POST") return monitorOf(body, ++id);
    if (kind === "monitor" && method === "PUT" && monitors.has(Number(name))) return monitorOf(body, Number(name));
    if (kind === "dashboard" && method === "GET") return [200, { dashboards: [...dashboards.values()] }];
    if (kind === "dashboard" && method === "POST") return dashboardOf(body, `abc-${++id}`);
    if (kind === "dashboard" && method === "PUT" && dashboards.has(name ?? "")) return dashboardOf(body, name ?? "");
    return [404, { errors: ["not found"] }];
  };

  const server = createServer(async (request, response) => {
    const { method = "", url = "/" } = request;
    calls.push(`${method} ${url.split("?")[0]}`);
    const body = await bodyOf(request);
    const keys =
      request.headers["dd-api-key"] === KEYS.DD_API_KEY && request.headers["dd-application-key"] === KEYS.DD_APP_KEY;
    const planned = next.shift();
    const [status, document] = planned
      ? ([planned.status, { errors: ["later"] }] as const)
      : keys
        ? answer(method, new URL(url, "http://localhost"), body)
        : ([403, { errors: ["Forbidden"] }] as const);
    response.writeHead(status, { "content-type": "application/json", ...planned?.headers });
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    monitors,
    dashboards,
    calls,
    next,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === "" ? undefined : JSON.parse(text);
}
