/** Another run beside this one: what is said of it, and what was fixed since. */
import type { Summary } from "../../summary.ts";
import { type CardStatus, fixedGroups, GROUP_CHANGES, statusesAgainst } from "../../versus/status.ts";
import type { Versus, VersusGroup } from "../../versus/versus.ts";
import { count, plural, words } from "../figures.ts";
import { visible } from "../text.ts";
import type { Entry } from "./document.ts";
import { el, type Vnode } from "./vnode.ts";

/** What cards and choices say of a group; nothing where nothing is known. */
export const CHANGE_WORDS: Readonly<Partial<Record<CardStatus, string>>> = {
  new: "new",
  flaky: "flaky",
  known: "known",
};

/** In one sentence for the groups, and one for the records. Empty without another run. */
export function againstPart(summary: Summary, versus: Versus | null): Vnode[] {
  if (versus === null) return [];
  const counts = changeCounts(summary, versus);
  const told = [...GROUP_CHANGES.map((change) => [CHANGE_WORDS[change], counts[change]]), ["fixed", counts.fixed]];
  const groups = told.map(([word, groupsOf]) => `${count(Number(groupsOf))} ${word}`).join(", ");
  const { pairs, groupsCut } = versus;
  const over = Object.keys(summary.models).length > 1 ? ", over all models" : "";
  const records = `${count(pairs.new)} differ newly, ${count(pairs.still)} still, ${count(pairs.fixed)} no more`;
  const unknown = pairs.unknown > 0 ? `, ${count(pairs.unknown)} have no answer in one of the runs` : "";
  const cut = groupsCut > 0 ? ` ${plural(groupsCut, "more difference")} stand in no group here.` : "";
  return [
    el("p", {}, "Against run ", el("span", { class: "code" }, visible(versus.against)), `${over}: ${groups}.`),
    el("p", { class: "muted" }, `Of the records ${records}${unknown}.${cut}`),
  ];
}

/** Choices of the filter; none without another run. */
export function changesPart(summary: Summary, versus: Versus | null): Vnode[] {
  if (versus === null) return [];
  const counts = changeCounts(summary, versus);
  const choice = (value: string, text: string): Vnode => el("option", { value }, text);
  return [
    choice("", "any change"),
    ...GROUP_CHANGES.map((change) => choice(change, `${CHANGE_WORDS[change]} (${count(counts[change])})`)),
    choice("fixed", `fixed (${count(counts.fixed)})`),
  ];
}

function changeCounts({ groups }: Summary, versus: Versus): Record<CardStatus | "fixed", number> {
  const counts = { waived: 0, new: 0, flaky: 0, known: 0, open: 0, fixed: fixedGroups(versus).length };
  const statusOf = statusesAgainst(versus);
  for (const group of groups) counts[statusOf(group)]++;
  return counts;
}

/** One line a difference that is gone; `lone`: all are of one model. */
export function fixedEntry(group: VersusGroup, lone: boolean): Entry {
  const { model, path, kind, rule, fingerprint, fixed } = group;
  const node = el(
    "li",
    { tabindex: "-1" },
    el("b", {}, count(fixed)),
    el("span", { class: "code" }, visible(path)),
    el("span", { class: "trait fixed" }, visible(words(kind))),
    el("span", { class: "muted" }, `rule ${visible(rule)}${lone ? "" : ` · ${visible(model)}`}`),
    el("span", { class: "code muted" }, visible(fingerprint)),
  );
  const find = [path, model, words(kind), rule, fingerprint, "fixed"].map(visible).join(" ").toLowerCase();
  return { find, kinds: ` ${kind} `, node };
}
