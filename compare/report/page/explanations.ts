/** What explains the differences: guessed causes, the one that explains most first, each with its groups. */
import type { Group, Summary } from "../../summary.ts";
import type { Explanation } from "../../triage/types.ts";
import { count, percent, plural, words } from "../figures.ts";
import { groupsInOrder } from "../order.ts";
import { visible } from "../text.ts";
import { proportion } from "./field-row.ts";
import { SAYS_NOTHING, signatureBasis, sliceBasis } from "./groups.ts";
import { groupHash, modelHash, modelKey } from "./links.ts";
import { el, type Vnode } from "./vnode.ts";

const SHOWN = 8;
const GROUPS_SHOWN = 4;
/** Without any cause: the most frequent groups, so that a reader has where to begin. */
const FALLBACK_SHOWN = 3;

/** Whether the page can show the group that a link names. */
export type Reachable = (group: Group) => boolean;

export function explanationsPart(summary: Summary, reachable: Reachable): Vnode[] {
  const several = Object.keys(summary.models).length > 1;
  const explanations = summary.explanations ?? [];
  if (explanations.length === 0) return fallback(summary, several, reachable);
  const byName = Map.groupBy(summary.groups, ({ fingerprint }) => fingerprint);
  const item = (explanation: Explanation): Vnode => {
    const groups = explanation.groups.flatMap(
      (name) =>
        byName.get(name)?.filter(({ model }) => explanation.model === null || model === explanation.model) ?? [],
    );
    return explanationNode(explanation, groups.filter(reachable), several);
  };
  const others = explanations.slice(SHOWN);
  return [
    el("ol", { class: "causes" }, ...explanations.slice(0, SHOWN).map(item)),
    others.length > 0 &&
      el(
        "details",
        {},
        el("summary", {}, plural(others.length, "more cause")),
        el("ol", { class: "causes", start: String(SHOWN + 1) }, ...others.map(item)),
      ),
  ].filter((node) => node !== false);
}

function explanationNode(explanation: Explanation, groups: readonly Group[], several: boolean): Vnode {
  const { model, text, by, signature, slice, count: findings, share } = explanation;
  const whole = model === null ? "of all findings" : "of the model's findings";
  const basis = [...signatureBasis(signature), ...sliceBasis(slice)].join("; ");
  return el(
    "li",
    {},
    el(
      "p",
      { class: "times" },
      el("b", {}, percent(share)),
      el("span", {}, `${count(findings)} ${whole}`),
      proportion(share),
    ),
    el(
      "div",
      {},
      el("p", { class: "text" }, visible(text)),
      el("p", { class: "muted basis" }, SOURCE[signature && slice ? "both" : by], basis === "" ? "" : `: ${basis}`),
      el(
        "p",
        { class: "links" },
        several && whereNode(model),
        ...groups.slice(0, GROUPS_SHOWN).map((group) => groupLink(group, several, several && model === null)),
        groups.length > GROUPS_SHOWN &&
          el("span", { class: "muted" }, `and ${plural(groups.length - GROUPS_SHOWN, "more group")}`),
      ),
    ),
  );
}

const SOURCE = {
  signature: "from the values",
  slice: "from the requests",
  both: "from the values and the requests",
} as const;

function whereNode(model: string | null): Vnode {
  if (model === null) return el("span", { class: "muted" }, "several models");
  return el("a", { href: modelHash(model), "data-model": modelKey(model) }, visible(model));
}

/** `whose`: the model is not said beside it. */
function groupLink(group: Group, several: boolean, whose: boolean): Vnode {
  const href = groupHash(group.fingerprint, several ? group.model : null);
  const trait = [group.direction, group.magnitude].filter((part) => !SAYS_NOTHING.has(part)).map(visible);
  return el(
    "a",
    { class: "chip", href },
    el("span", { class: "code" }, visible(group.path)),
    ` ${[words(group.kind), ...trait].join(" ")} · ${count(group.count)}${whose ? ` · ${visible(group.model)}` : ""}`,
  );
}

const NO_CAUSE = "No common cause was found.";
const SOME_CAUSES = "No one cause explains it; groups with a cause of their own say so.";

function hasCause({ cause, slice }: Group): boolean {
  return cause !== null || slice !== null;
}

function fallback({ groups }: Summary, several: boolean, reachable: Reachable): Vnode[] {
  if (groups.length === 0)
    return [el("p", { class: "muted" }, "Nothing that was compared differs, so there is nothing to explain.")];
  const most = groupsInOrder(groups).filter(reachable).slice(0, FALLBACK_SHOWN);
  return [
    el("p", {}, `${groups.some(hasCause) ? SOME_CAUSES : NO_CAUSE} The most frequent differences:`),
    el("p", { class: "links" }, ...most.map((group) => groupLink(group, several, several))),
  ];
}
