/** summary.json in the store: read back, and what makes it one of another comparison. */
import { canonicalJson } from "../src/hash.ts";
import { comparesPrefix, summaryKey } from "../src/lake/keys.ts";
import type { Store } from "../src/store/port.ts";
import { expiredWaivers } from "./summarise/waivers.ts";
import type { RuleUse, Summary } from "./summary.ts";

/** The summary of a run under these rules; undefined when there is none that this program can read. */
export async function readSummary(store: Store, run: string, rules: string): Promise<Summary | undefined> {
  const key = summaryKey(run, rules);
  if ((await store.head(key)) === undefined) return undefined;
  try {
    const summary = JSON.parse(new TextDecoder().decode(await store.get(key))) as Partial<Summary> | null;
    return summary?.schema === 1 && summary.run === run && summary.rules === rules ? (summary as Summary) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same summary gives the same bytes. */
export function encodeSummary(summary: Summary): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(summary)}\n`);
}

/** Rules under which a run was compared: first 12 hex of their hashes. */
export async function listComparisons(store: Store, run: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(comparesPrefix(run))) {
    const match = /\/([^/]+)\/summary\.json$/.exec(key);
    if (match) found.push(match[1] as string);
  }
  return found;
}

/** What a comparison depends on beside the rules. */
export interface Basis {
  readonly inputs: Summary["inputs"];
  /** Ignore rules that have expired by now. */
  readonly expired: readonly RuleUse[];
  /** Fingerprints of waivers that have expired by now, in their order. */
  readonly expiredWaivers: readonly string[];
  readonly version: string;
}

/** Why the summary does not speak of what stands now; undefined when it does. */
export function staleness(summary: Summary, now: Basis): string | undefined {
  if (summary.inputs.captures !== now.inputs.captures) return "the run was pinned anew since";
  if (summary.inputs.replays !== now.inputs.replays) return "its replays changed since";
  if (canonicalJson(summary.expiredRules ?? []) !== canonicalJson(now.expired)) {
    return "an ignore rule expired since";
  }
  if (expiredWaivers(summary.waivers ?? []).join() !== now.expiredWaivers.join()) return "a waiver expired since";
  return summary.version === now.version ? undefined : `it was judged by version ${summary.version} of cutover`;
}
