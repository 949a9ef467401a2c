/** The beginning of the page's script: fills what never changes, then answers to what the reader does. */
import type { IndexDocument } from "../document.ts";
import type { PageDocument, PageElement, PageWindow } from "./dom.ts";
import type { Rooms } from "./rooms.ts";
import type { State } from "./state.ts";
import type { View } from "./view.ts";

/** Shows a state; `step` for what the back button shall undo, `inPlace` for the rest. */
interface Page {
  readonly state: () => State;
  readonly inPlace: (change: Partial<State>) => Promise<void>;
  readonly step: (state: State) => void;
}

export async function start(window: PageWindow, rooms: Rooms): Promise<void> {
  const { document } = window;
  const index = (await rooms.unpack(document, 0)) as IndexDocument;
  for (const [id, nodes] of Object.entries(index.parts)) {
    document.getElementById(id)?.replaceChildren(...nodes.map((node) => rooms.build(document, node)));
  }
  const paper = window.matchMedia("print");
  const sizes = { models: 25, fields: 40, groups: 20, fixed: 20 };
  const view: View = { index, detail: index.detail, model: "", sizes, printing: paper.matches };
  const state = (): State => rooms.parseState(window.location.hash);
  let shown = rooms.parseState("");
  const display = async (): Promise<void> => {
    const wanted = state();
    await rooms.select(document, view, wanted, rooms);
    // While a model was read, the reader may have gone on: what is shown is what the address says.
    if (state().model !== wanted.model) return display();
    rooms.render(document, view, state(), rooms);
    rooms.arrive(document, shown, state());
    shown = state();
  };
  const page: Page = {
    state,
    inPlace: (change) => {
      shown = { ...state(), ...change };
      rooms.writeState(window, shown, false);
      return display();
    },
    step: (to) => rooms.writeState(window, to, true),
  };
  window.addEventListener("hashchange", () => void display());
  const print = (printing: boolean): void => {
    view.printing = printing;
    for (const details of document.querySelectorAll("details")) details.open = printing;
    rooms.render(document, view, state(), rooms);
  };
  paper.addEventListener("change", (event) => print(event.matches ?? false));
  onClicks(window, view, page, rooms);
  onKeys(document, page, rooms);
  await display();
  document.documentElement.dataset.readyMs = String(Math.round(window.performance.now()));
}

function onClicks(window: PageWindow, view: View, page: Page, rooms: Rooms): void {
  const { document } = window;
  document.addEventListener("click", (event) => {
    const link = event.target?.closest("a");
    if (link) {
      event.preventDefault();
      page.step(rooms.follow(page.state(), link.getAttribute("href") ?? ""));
      return;
    }
    const button = event.target?.closest("button");
    if (button) onButton(window, view, page, rooms, button);
  });
  const filter = document.getElementById("filter");
  filter?.addEventListener("input", () => void page.inPlace({ find: filter.value }));
  const kind = document.getElementById("kind");
  kind?.addEventListener("change", () => void page.inPlace({ kind: kind.value }));
  const change = document.getElementById("change");
  change?.addEventListener("change", () => void page.inPlace({ change: change.value }));
}

function onButton(window: PageWindow, view: View, page: Page, rooms: Rooms, button: PageElement): void {
  const { copy, verdict, group, more, jump } = button.dataset;
  const state = page.state();
  if (copy !== undefined) void rooms.copy(window, button);
  if (verdict !== undefined) void page.inPlace({ verdict });
  if (group !== undefined) void page.inPlace({ group: state.group === group ? "" : group });
  if (button.matches("#fields-all")) void page.inPlace({ fields: state.fields === "all" ? "" : "all" });
  if (button.matches("#clear")) void page.inPlace({ find: "", verdict: "", kind: "", change: "" });
  if (more === "models" || more === "fields" || more === "groups" || more === "fixed") {
    const first = view.sizes[more];
    view.sizes[more] += more === "groups" ? 20 : 100;
    // The button may be gone: reading goes on at the first entry that was not there before.
    void page
      .inPlace({})
      .then(() => [...window.document.querySelectorAll(`#${more} :is(.toggle, a, [tabindex='-1'])`)][first]?.focus());
  }
  const place = jump === undefined ? null : window.document.getElementById(jump);
  place?.scrollIntoView({ block: "start" });
  place?.focus({ preventScroll: true });
}

function onKeys(document: PageDocument, page: Page, rooms: Rooms): void {
  document.addEventListener("keydown", (event) => {
    if (rooms.walk(document, event) || event.key !== "Escape") return;
    const before = page.state();
    const back = rooms.stepBack(before, event.target?.matches("#filter") ?? false);
    if (!back) return;
    event.preventDefault();
    void page.inPlace(back).then(() => rooms.leave(document, before, back));
  });
}

/** An old browser, or a page cut short on its way: say so, rather than show an empty page. */
export function failed(document: PageDocument, error: unknown): void {
  const place = document.getElementById("verdict");
  if (place)
    place.textContent = `This report could not be opened (${error}). It needs a browser of 2023 or later and the whole file.`;
}

/** Functions of this file, for the page. */
export const START = [start, onClicks, onButton, onKeys, failed];
