/** Shows the page as the state says: what is found, what is open, and where the focus goes. */
import type { DetailDocument, Entry, GroupCard, IndexDocument } from "../document.ts";
import type { PageDocument, PageElement } from "./dom.ts";
import type { Rooms } from "./rooms.ts";
import type { State } from "./state.ts";

export interface View {
  readonly index: IndexDocument;
  detail: DetailDocument;
  /** Model that `detail` is of; empty for all. */
  model: string;
  /** Entries that each list shows at most. */
  readonly sizes: Record<"models" | "fields" | "groups" | "fixed", number>;
  printing: boolean;
}

/** On paper nothing can be opened or asked for: lists are long there, and cards open. */
function sizeOf({ sizes, printing }: View, list: keyof View["sizes"]): number {
  return printing ? Math.max(sizes[list], list === "groups" ? 50 : 1000) : sizes[list];
}

/** Reads what is selected, when it is not what is shown already. */
export async function select(document: PageDocument, view: View, state: State, { unpack }: Rooms): Promise<void> {
  if (view.model === state.model) return;
  const chosen = view.index.models.findIndex((entry) => entry.model === state.model);
  view.detail = chosen < 0 ? view.index.detail : ((await unpack(document, chosen + 1)) as DetailDocument);
  view.model = state.model;
  view.sizes.fields = 40;
  view.sizes.groups = 20;
  view.sizes.fixed = 20;
}

export function render(document: PageDocument, view: View, state: State, rooms: Rooms): void {
  const focused = document.activeElement?.dataset ?? {};
  const { index, detail, printing } = view;
  const row = (entry: Entry): PageElement | string => rooms.build(document, entry.node);
  const lone = index.models.length === 1 || state.model !== "";
  const card = (group: GroupCard): PageElement | string => {
    const open = printing || group.fingerprint === state.group;
    return rooms.build(document, rooms.cardNode(group, open, index.commands, lone));
  };
  const models = rooms.foundModels(index.models, state);
  const fields = rooms.foundFields(detail.fields, state);
  const groups = rooms.foundGroups(detail, state);
  const asked = groups.findIndex((group) => group.fingerprint === state.group);
  for (const [id, nodes] of Object.entries({
    facts: detail.facts,
    flips: detail.flips,
    "field-head": [detail.fieldHead],
  })) {
    document.getElementById(id)?.replaceChildren(...nodes.map((node) => rooms.build(document, node)));
  }
  rooms.show(document, "models", models, sizeOf(view, "models"), row);
  rooms.show(document, "fields", fields, sizeOf(view, "fields"), row);
  rooms.show(document, "groups", groups, Math.max(sizeOf(view, "groups"), asked + 1), card);
  const fixed = rooms.foundFixed(detail, state);
  rooms.show(document, "fixed", fixed, sizeOf(view, "fixed"), row);
  gone(document, view, state);
  texts(document, view, state, [models.length, groups.length, fixed.length]);
  marks(document, state);
  // What had the focus was built anew.
  const key = focused.group === undefined ? "model" : "group";
  if (focused[key] !== undefined) focusOn(document, key, focused[key]);
}

/** What was fixed is told only where another run is looked at, and a filter for it or for all. */
function gone(document: PageDocument, { index }: View, { change }: State): void {
  const against = (index.parts.against ?? []).length > 0;
  const choice = document.getElementById("change");
  if (choice) choice.hidden = !against;
  const none = document.getElementById("groups-none");
  if (none && change === "fixed") none.hidden = true;
  const part = document.getElementById("fixed-part");
  if (part) part.hidden = !against || (change !== "" && change !== "fixed");
}

function texts(document: PageDocument, view: View, state: State, found: readonly [number, number, number]): void {
  const { index, detail } = view;
  const put = (id: string, text: string): void => {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
  };
  const number = (value: number): string => value.toLocaleString("en-US");
  put("detail-title", detail.title);
  put("groups-note", detail.note);
  put("fixed-note", detail.fixedNote);
  put(
    "found",
    [
      `${number(found[0])} of ${number(index.models.length)} models`,
      `${number(found[1])} of ${number(detail.groups.length)} differences`,
      ...(detail.fixed.length === 0 ? [] : [`${number(found[2])} of ${number(detail.fixed.length)} fixed`]),
    ].join(", "),
  );
  const quiet = detail.fields.filter((entry) => entry.quiet).length;
  put("fields-all", state.fields === "all" ? "Only fields that differ" : `Also the ${number(quiet)} that never differ`);
  const all = document.getElementById("fields-all");
  if (all) all.hidden = quiet === 0 || quiet === detail.fields.length;
  const back = document.getElementById("all-models");
  if (back) back.hidden = state.model === "" || index.models.length === 1;
}

function marks(document: PageDocument, state: State): void {
  for (const link of document.querySelectorAll("#models a")) {
    link.setAttribute("aria-current", String(state.model !== "" && link.dataset.model === state.model));
  }
  for (const button of document.querySelectorAll("button[data-verdict]")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === state.verdict));
  }
  for (const [id, value] of Object.entries({ filter: state.find, kind: state.kind, change: state.change })) {
    const input = document.getElementById(id);
    if (input && input.value !== value) input.value = value;
  }
}

function focusOn(document: PageDocument, key: "group" | "model", value: string): PageElement | undefined {
  const selector = key === "group" ? ".toggle" : "#models a";
  const found = [...document.querySelectorAll(selector)].find((element) => element.dataset[key] === value);
  found?.focus({ preventScroll: true });
  return found;
}

/** Brings what a link led to into sight. */
export function arrive(document: PageDocument, before: State, after: State): void {
  if (after.group !== "" && after.group !== before.group) {
    focusOn(document, "group", after.group)?.closest("article")?.scrollIntoView({ block: "start" });
  } else if (after.model !== before.model) {
    const title = document.getElementById("detail-title");
    title?.scrollIntoView({ block: "start" });
    title?.focus({ preventScroll: true });
  }
}

/** After a step back, the focus stands on what was stepped out of. */
export function leave(document: PageDocument, before: State, after: State): void {
  if (before.group !== after.group) focusOn(document, "group", before.group);
  else if (before.model !== after.model) focusOn(document, "model", before.model);
}

/** Functions of this file, for the page. */
export const VIEW = [sizeOf, select, render, gone, texts, marks, focusOn, arrive, leave];
