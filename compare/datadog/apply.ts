/** Makes or updates what cutover manages in Datadog. What it made before is known again by its tags. */
import type { DatadogApi } from "./api.ts";
import type { Dashboard } from "./dashboard.ts";
import { MANAGED } from "./monitor.ts";
import type { KeyedMonitor } from "./types.ts";

export interface Applied {
  readonly key: string;
  readonly id: number | string;
  readonly did: "created" | "updated";
}

export interface AppliedMonitors {
  readonly monitors: readonly Applied[];
  /** Made by an earlier config and in none of the documents any more: left as they are. */
  readonly stale: readonly { readonly id: number; readonly name: string }[];
}

interface Known {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
}

const PAGE = 100;

/** One after another: a composite needs the ids of its sides. Run again it updates the same ones. */
export async function applyMonitors(api: DatadogApi, documents: readonly KeyedMonitor[]): Promise<AppliedMonitors> {
  const known = await managed(api, documents);
  const ids = new Map<string, number>();
  const monitors: Applied[] = [];
  for (const { key, needs, monitor } of documents) {
    const query = needs.reduce((text, need) => text.replaceAll(`\${${need}}`, String(ids.get(need))), monitor.query);
    const old = known.find(({ tags }) => sameTags(tags, monitor.tags));
    const body = { ...monitor, query };
    const path = old === undefined ? "/api/v1/monitor" : `/api/v1/monitor/${old.id}`;
    const { id } = (await api.call(old === undefined ? "POST" : "PUT", path, body)) as Known;
    ids.set(key, id);
    monitors.push({ key, id, did: old === undefined ? "created" : "updated" });
  }
  const kept = new Set(ids.values());
  const stale = known.filter(({ id }) => !kept.has(id)).map(({ id, name }) => ({ id, name }));
  return { monitors, stale };
}

/** Those with the tags that all documents share. */
async function managed(api: DatadogApi, documents: readonly KeyedMonitor[]): Promise<Known[]> {
  const [first] = documents;
  const shared =
    first === undefined
      ? []
      : first.monitor.tags.filter((tag) => documents.every(({ monitor }) => monitor.tags.includes(tag)));
  const found: Known[] = [];
  for (let page = 0; ; page++) {
    const query = new URLSearchParams({ monitor_tags: shared.join(","), page: String(page), page_size: String(PAGE) });
    const some = (await api.call("GET", `/api/v1/monitor?${query}`)) as Known[];
    // Another environment's may carry these tags and more.
    found.push(
      ...some.filter(({ tags }) => tags.length === shared.length + 1 && shared.every((tag) => tags.includes(tag))),
    );
    if (some.length < PAGE) return found.sort((a, b) => a.id - b.id);
  }
}

function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag) => b.includes(tag));
}

export async function applyDashboard(api: DatadogApi, dashboard: Dashboard): Promise<Applied> {
  const { dashboards = [] } = (await api.call("GET", "/api/v1/dashboard")) as {
    dashboards?: { id: string; title: string; description?: string | null }[];
  };
  const old = dashboards.find(({ title, description }) => title === dashboard.title && description?.includes(MANAGED));
  const path = old === undefined ? "/api/v1/dashboard" : `/api/v1/dashboard/${encodeURIComponent(old.id)}`;
  const { id } = (await api.call(old === undefined ? "POST" : "PUT", path, dashboard)) as { id: string };
  return { key: "dashboard", id, did: old === undefined ? "created" : "updated" };
}
