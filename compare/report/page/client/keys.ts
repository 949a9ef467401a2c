/** The page without a mouse: `/` to the filter, arrows along a list, Escape one step back. */
import type { PageDocument, PageElement, PageEvent } from "./dom.ts";
import type { State } from "./state.ts";

/** What Escape undoes: the text, the open group, the model, in this order; null when there is nothing. */
export function stepBack(state: State, inFilter: boolean): State | null {
  if (inFilter && state.find !== "") return { ...state, find: "" };
  if (state.group !== "") return { ...state, group: "" };
  if (state.model !== "") return { ...state, model: "" };
  return null;
}

/** The element that an arrow leads to from where the focus is; null where arrows scroll as ever. */
export function neighbour(document: PageDocument, down: boolean): PageElement | null {
  const at = document.activeElement;
  if (!at) return null;
  const selector = at.matches(".toggle") ? ".toggle" : at.matches("#filter, #models a") ? "#models a" : "";
  if (selector === "") return null;
  const stops = [...document.querySelectorAll(selector)];
  const to = stops.indexOf(at) + (down ? 1 : -1);
  if (to >= 0) return stops[to] ?? null;
  return selector === "#models a" && !down ? document.getElementById("filter") : null;
}

/** Keys that need no state; true when the key was one of them. */
export function walk(document: PageDocument, event: PageEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const typing = event.target?.matches("input, textarea, select") ?? false;
  const filter = document.getElementById("filter");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    filter?.focus();
    filter?.select();
    return true;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
  const next = neighbour(document, event.key === "ArrowDown");
  if (!next) return false;
  event.preventDefault();
  next.focus();
  return true;
}

/** Functions of this file, for the page. */
export const WALK = [stepBack, neighbour, walk];
