/** What is looked at, kept behind the `#` of the address: a link, a reload and the back button show the same. */
import type { PageWindow } from "./dom.ts";

export interface State {
  readonly find: string;
  readonly verdict: string;
  readonly kind: string;
  /** Against another run: `new`, `flaky`, `known` or `fixed`. */
  readonly change: string;
  readonly model: string;
  /** Fingerprint of the group that is open. */
  readonly group: string;
  /** `all`: also the fields in which nothing differs. */
  readonly fields: string;
}

export function parseState(hash: string): State {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const of = (name: string): string => said.get(name) ?? "";
  return {
    find: of("find"),
    verdict: of("verdict"),
    kind: of("kind"),
    change: of("change"),
    model: of("model"),
    group: of("group"),
    fields: of("fields"),
  };
}

export function formatState(state: State): string {
  return `#${new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ""))}`;
}

/** Typing and toggling change the address in place; going to a model or a group is a step back can undo. */
export function writeState(window: PageWindow, state: State, step: boolean): void {
  const hash = formatState(state);
  if (step) window.location.hash = hash;
  else window.history.replaceState(null, "", hash);
}

/** Where a link of the page leads: to a model under the filters in force, or to a group, which none may hide. */
export function follow(state: State, href: string): State {
  const to = parseState(href);
  if (to.group !== "") return { ...to, model: to.model, fields: state.fields };
  return { ...state, model: to.model, group: "" };
}

/** Functions of this file, for the page. */
export const STATE = [parseState, formatState, writeState, follow];
