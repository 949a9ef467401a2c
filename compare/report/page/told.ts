/** All that a page is made of: a summary, and what another run says of its groups when one is looked at. */
import type { Group, Summary } from "../../summary.ts";
import { type CardStatus, fixedGroups, statusesAgainst } from "../../versus/status.ts";
import type { Versus, VersusGroup } from "../../versus/versus.ts";
import { count } from "../figures.ts";
import { groupsInOrder } from "../order.ts";
import { fixedEntry } from "./against.ts";
import type { DetailDocument } from "./document.ts";

export interface Told {
  readonly summary: Summary;
  readonly versus: Versus | null;
  /** In the order in which they stand on the page. */
  readonly groups: readonly Group[];
  readonly statusOf: (group: Group) => CardStatus;
  /** Differences of the other run that are gone, all and by model. */
  readonly fixed: readonly VersusGroup[];
  readonly fixedIn: ReadonlyMap<string, readonly VersusGroup[]>;
}

const FIRST: readonly CardStatus[] = ["new", "flaky"];

/** What is new against another run comes first, then what comes and goes; of each the most frequent first. */
export function toldOf(summary: Summary, versus: Versus | null): Told {
  const statusOf = statusesAgainst(versus);
  const fixed = fixedGroups(versus);
  const groups = groupsInOrder(summary.groups);
  if (versus !== null) {
    const place = (at: number): number => (at < 0 ? FIRST.length : at);
    const places = new Map(groups.map((group) => [group, place(FIRST.indexOf(statusOf(group)))]));
    // The sort is stable: among equals the order by count stays.
    groups.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
  return { summary, versus, groups, statusOf, fixed, fixedIn: Map.groupBy(fixed, ({ model }) => model) };
}

/** What became of a model's differences; nothing without another run. */
export function changesOf({ versus, statusOf, fixedIn }: Told, name: string, groups: readonly Group[]): string[] {
  if (versus === null) return [];
  return [...new Set([...groups.map(statusOf), ...(fixedIn.has(name) ? ["fixed"] : [])])];
}

/** The first of a model's, or of all where it is null. */
export function fixedOf(told: Told, model: string | null, most: number): Pick<DetailDocument, "fixed" | "fixedNote"> {
  const all = model === null ? told.fixed : (told.fixedIn.get(model) ?? []);
  const shown = all.slice(0, most);
  const fixedNote = shown.length < all.length ? `The ${count(shown.length)} largest of ${count(all.length)}.` : "";
  return { fixed: shown.map((group) => fixedEntry(group, model !== null)), fixedNote };
}
