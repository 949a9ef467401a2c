/** Suggestions as YAML for cutover.yaml, each with what speaks for it and against it as comments. */
import { count, percent, plural, words } from "../report/figures.ts";
import { show, shownCommand, type TerminalOptions } from "../report/terminal.ts";
import { wrap } from "../report/text.ts";
import { FORECAST_CONFIDENCE } from "./forecast.ts";
import type { SuggestResult } from "./stage.ts";
import type { ProposedRule, Suggestion } from "./suggestion.ts";
import type { VerdictChange } from "./verdicts.ts";

const HIDDEN_SHOWN = 5;
const MODELS_SHOWN = 5;
/** Lines are for a file as much as for a terminal. */
const WIDTH = 110;

/** One YAML document a group, so that what is written to a file can be read by a program, too. */
export function renderSuggestions(
  { run, suggestions, more, share, pairs, judged }: SuggestResult,
  { given }: Pick<TerminalOptions, "given"> = {},
): string {
  const head = comment(
    `advice from run ${show(run)}: nothing was written. A rule accepts what it accepts in every record to come: read what each would hide before you use it.`,
    share < 1
      ? `Estimates: ${count(judged)} of ${plural(pairs, "pair")} with findings, chosen by a hash of the position, were judged again, and the rules were made from such a sample. Each range holds with ${percent(FORECAST_CONFIDENCE)} confidence; "at worst" is the verdict at its upper end. What a rule hides is counted in the sample.`
      : "",
  );
  if (suggestions.length === 0) return `${head.join("\n")}\n# No group is open: there is nothing to accept.\n`;
  const blocks = suggestions.map((suggestion) => blockOf(suggestion, share < 1).join("\n"));
  const next = shownCommand("rules suggest", { about: [run], flags: { "--group": "FINGERPRINT" }, given });
  const rest = more > 0 ? [`# … and ${plural(more, "more group")} (${next})`] : [];
  return `${[...head, ...blocks.flatMap((block) => ["---", block]), ...rest].join("\n")}\n`;
}

function blockOf({ group, rule, why }: Suggestion, sampled: boolean): string[] {
  const name = `${group.fingerprint}  ${show(group.model)}  ${show(group.path)}  ${words(group.kind)}: ${plural(group.count, "finding")}, ${percent(group.share)} of the model's mismatches`;
  if (rule === null) return [...comment(name, `no rule: ${why ?? ""}`), "{}"];
  return [...comment(name, ...factsOf(rule, sampled)), rule.yaml];
}

function factsOf(rule: ProposedRule, sampled: boolean): string[] {
  const { pairs, accepts, hides, adds, verdict, hidesAll, notes } = rule;
  const own = plural(pairs, sampled ? "sampled pair" : "pair");
  const whole = accepts === pairs ? `accepts all ${own} of it` : `accepts ${count(accepts)} of ${own} of it`;
  const hidden = hides.reduce((sum, one) => sum + one.count, 0);
  const named = hides
    .slice(0, HIDDEN_SHOWN)
    .map((one) => `${one.fingerprint} ${show(one.path)} ${words(one.kind)} ${count(one.count)}`)
    .join(", ");
  const cut = hides.length > HIDDEN_SHOWN ? ", …" : "";
  const nothing = sampled ? "hides nothing else of the sample" : "hides nothing else";
  const others = hidden === 0 ? nothing : `ALSO HIDES ${plural(hidden, "finding")} of other groups: ${named}${cut}`;
  const fresh = adds > 0 ? `makes ${plural(adds, "finding")} where there is none now` : "";
  const models = Object.entries(rule.models);
  const changes = models.slice(0, MODELS_SHOWN).map(([name, { n, k, upper, verdict: of }]) => {
    const bound = `bound ${percent(upper.before, "up")} → ${percent(upper.after, "up")}`;
    const range = k.least === k.most ? "" : ` (${count(k.least)} to ${count(k.most)})`;
    return `${show(name)}: ${count(k.before)} → ${count(k.after)}${range} mismatches in ${plural(n, "pair")}, ${bound}, ${arrow(of)}`;
  });
  if (models.length > MODELS_SHOWN) changes.push(`… and ${plural(models.length - MODELS_SHOWN, "more model")}`);
  const unmoved = accepts > 0 && models.every(([, { k }]) => k.before === k.after && k.before === k.least);
  return [
    hidesAll ? `HIDES EVERYTHING at its path; ${whole}` : whole,
    others,
    fresh,
    ...changes,
    unmoved ? "no pair of it would match: all of them differ elsewhere, too" : "",
    `the run: ${arrow(verdict)}`,
    placeText(rule),
    ...notes.map(show),
  ];
}

function arrow({ before, after, worst }: VerdictChange["verdict"]): string {
  const least = worst === after ? "" : ` (at worst ${worst.toUpperCase()})`;
  return `${before.toUpperCase()} → ${after.toUpperCase()}${least}`;
}

function placeText({ how, pattern, at, place }: ProposedRule): string {
  const where = place === null ? "" : ` (${show(place.file)}:${place.line})`;
  if (how === "new pattern") return `goes before all other patterns of models, as ${show(JSON.stringify(pattern))}`;
  return how === "replaces a rule" ? `replaces ${show(at ?? "")}${where}` : `goes first in ${show(at ?? "")}${where}`;
}

function comment(...texts: readonly string[]): string[] {
  return texts
    .filter((text) => text !== "")
    .flatMap((text) => wrap(text, WIDTH - 4, 6).map((line, i) => `# ${i === 0 ? "" : "  "}${line}`));
}
