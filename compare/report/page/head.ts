/** What the page's controls offer, and the commands its cards begin with. */

import { sendAgain } from "../../show/again.ts";
import type { Summary, Verdict } from "../../summary.ts";
import { commandLine } from "../command-line.ts";
import { count, words } from "../figures.ts";
import { visible } from "../text.ts";
import type { CommandEnds, Commands } from "./document.ts";
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
  // Stands for a position or a fingerprint, and in no name of the summary.
  let place = "POSITION";
  while (run.includes(place) || target.includes(place)) place += "_";
  const ends = (command: string): CommandEnds => {
    const [before = "", after = ""] = command.split(place);
    return [before, after];
  };
  return {
    show: ends(commandLine("show", { about: [run, place] })),
    again: ends(sendAgain(place, target, undefined)),
    suggest: ends(commandLine("rules suggest", { about: [run], flags: { "--group": place } })),
    replay: ends(commandLine("replay", { flags: { "--target": target, "--only": `group:${place}`, "--from": run } })),
    all: ends(commandLine("export", { about: [run], flags: { "--format": "ndjson", "--group": place } })),
  };
}
