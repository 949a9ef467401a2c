/** What all monitors have in common. */
import type { Config } from "../../src/config/schema.ts";
import { clip, visible } from "../report/text.ts";
import type { Naming } from "./queries.ts";
import type { Limit } from "./scopes.ts";
import type { KeyedMonitor, Monitor, MonitorOptions } from "./types.ts";

/** What every monitor is made from. */
export interface Parts {
  readonly config: Config;
  readonly naming: Naming;
  readonly notify: readonly string[];
}

/** Minutes after which an alert that goes on is told again. */
export const RENOTIFY_MINUTES = 240;

/** Whatever cutover made carries it: that is how it is found again. */
export const MANAGED = "managed-by:cutover";

export const ALERTING: Partial<MonitorOptions> = { renotify_interval: RENOTIFY_MINUTES, renotify_statuses: ["alert"] };

export function keyed(
  { naming }: Parts,
  key: string,
  monitor: Omit<Monitor, "tags" | "options"> & { readonly options?: Partial<MonitorOptions> },
  needs: readonly string[] = [],
): KeyedMonitor {
  const options = { notify_no_data: false, include_tags: true, ...monitor.options };
  return { key, needs, monitor: { ...monitor, tags: [MANAGED, ...naming.tags], options } };
}

/** A metric query that compares with a number, which is the threshold as well. */
export function thresholds(critical: number): Partial<MonitorOptions> {
  return { thresholds: { critical }, require_full_window: false };
}

/** Part of a key and of a name for the models that a number holds for: empty where it is all of them. */
function keyOf(patterns: readonly string[]): string {
  if (patterns.includes("*")) return "";
  const word = patterns
    .join(" ")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return `_${word.slice(0, KEY_CHARS) || "models"}`;
}

export function modelsText(patterns: readonly string[]): string {
  return patterns.includes("*") ? "" : ` (${clip(visible(patterns.join(", ")), NAMED_COLUMNS)})`;
}

const KEY_CHARS = 40;
const NAMED_COLUMNS = 60;

/** Keys are names: where two are the same the later ones are counted. */
function distinctKeys(keys: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return keys.map((key) => {
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? key : `${key}_${times}`;
  });
}

/** Each limit with its key. */
export function withKeys(limits: readonly Limit<number>[], key: string): [key: string, limit: Limit<number>][] {
  const keys = distinctKeys(limits.map(({ patterns }) => key + keyOf(patterns)));
  return limits.map((limit, i) => [keys[i] as string, limit]);
}
