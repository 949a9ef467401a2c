/** Lists that show what matches, a window at a time. */
import type { DetailDocument, Entry, GroupCard } from "../document.ts";
import type { PageDocument, PageElement } from "./dom.ts";
import type { State } from "./state.ts";

/** The text that the filter searches in a card. */
export function cardText(card: GroupCard): string {
  const { path, model, kind, rule, fingerprint, traits, cause = "", slice = "", waived = "", changed = "" } = card;
  return [path, model, kind, rule, fingerprint, ...traits, cause, slice, waived, changed].join(" ").toLowerCase();
}

export function matches(text: string, find: string): boolean {
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export function foundModels(models: readonly Entry[], { find, verdict, kind, change }: State): Entry[] {
  return models.filter(
    (entry) =>
      (verdict === "" || entry.verdict === verdict) &&
      (change === "" || (entry.changes ?? "").includes(` ${change} `)) &&
      (kind === "" || (entry.kinds ?? "").includes(` ${kind} `)) &&
      matches(entry.find, find),
  );
}

/** Fields in which nothing differs are left out until they are asked for, unless there are no others. */
export function foundFields(fields: readonly Entry[], { find, kind, fields: asked }: State): Entry[] {
  const all = asked === "all" || fields.every((entry) => entry.quiet);
  return fields.filter(
    (entry) =>
      (all || !entry.quiet) && (kind === "" || (entry.kinds ?? "").includes(` ${kind} `)) && matches(entry.find, find),
  );
}

/** The group that is open stays in the list whatever the filter says. */
export function foundGroups({ groups }: DetailDocument, { find, kind, change, group }: State): GroupCard[] {
  const wanted = kind.replaceAll("_", " ");
  return groups.filter(
    (card) =>
      card.fingerprint === group ||
      ((wanted === "" || card.kind === wanted) &&
        (change === "" || card.change === change) &&
        matches(cardText(card), find)),
  );
}

/** What is gone is of no other change. */
export function foundFixed({ fixed }: DetailDocument, { find, kind, change }: State): Entry[] {
  if (change !== "" && change !== "fixed") return [];
  return fixed.filter(
    (entry) => (kind === "" || (entry.kinds ?? "").includes(` ${kind} `)) && matches(entry.find, find),
  );
}

/** Puts the first `size` of what was found into the list, says what is left, and offers as many more. */
export function show<T>(
  document: PageDocument,
  id: string,
  found: readonly T[],
  size: number,
  make: (item: T) => PageElement | string,
): void {
  const shown = found.slice(0, size);
  document.getElementById(id)?.replaceChildren(...shown.map(make));
  const left = found.length - shown.length;
  const more = document.getElementById(`${id}-more`);
  if (more) {
    more.hidden = left === 0;
    more.textContent = `Show more (${left.toLocaleString("en-US")} left)`;
  }
  const none = document.getElementById(`${id}-none`);
  if (none) none.hidden = found.length > 0;
}

/** Functions of this file, for the page. */
export const LISTS = [cardText, matches, foundModels, foundFields, foundGroups, foundFixed, show];
