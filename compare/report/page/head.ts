/** What the page's controls offer, and the commands its cards begin with. */

import { sendAgain } from "../../show/again.ts";
import type { Summary, Verdict } from "../../summary.ts";
import { count, shellWord, words } from "../figures.ts";
import { visible } from "../text.ts";
import type { Commands } from "./document.ts";
import { el, type Vnode } from "./vnode.ts";

/** Run and target, beside the name of the program. */
export function lineagePart({ run, target, rules }: Summary): Vnode[] {
  return [
    "run ",
    el("span", { class: "code" }, visible(run)),
    " · target ",
    el("span", { class: "code" }, visible(target)),
    " · rules ",
    el("span", { class: "code" }, visible(rules)),
  ];
}

const ORDER: readonly Verdict[] = ["error", "fail", "inconclusive", "pass"];

/** Verdicts that models have, with how many; none where all have the same. */
export function verdictsPart({ models }: Summary): Vnode[] {
  const counts = Map.groupBy(Object.values(models), ({ verdict }) => verdict);
  const found = ORDER.filter((verdict) => counts.has(verdict));
  if (found.length < 2) return [];
  const choice = (verdict: string, text: string): Vnode =>
    el("button", { type: "button", "data-verdict": verdict, "aria-pressed": "false" }, text);
  return [
    choice("", "all"),
    ...found.map((verdict) => choice(verdict, `${verdict} ${count(counts.get(verdict)?.length ?? 0)}`)),
  ];
}

export function kindsPart({ groups }: Summary): Vnode[] {
  const kinds = [...new Set(groups.map(({ kind }) => kind))].sort();
  return [
    el("option", { value: "" }, "any kind"),
    ...kinds.map((kind) => el("option", { value: visible(kind) }, visible(words(kind)))),
  ];
}

export function commandsOf({ run, target }: Summary): Commands {
  const [from, to] = [shellWord(visible(run)), shellWord(visible(target))];
  const again = sendAgain(PLACE, visible(target), undefined);
  const at = again.indexOf(PLACE);
  return {
    show: [`cutover show ${from} `, ""],
    again: [again.slice(0, at), again.slice(at + PLACE.length)],
    suggest: [`cutover rules suggest ${from} --group `, ""],
    replay: [`cutover replay --target ${to} --only group:`, ` --from ${from}`],
    all: [`cutover export ${from} --format ndjson --group `, ""],
  };
}

/** Stands for a position, before anything that a summary says. */
const PLACE = "POSITION";
