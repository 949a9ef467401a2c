/**
 * The program inside the HTML report. Real functions, so that lint and types hold for them; `pageScript`
 * puts their text into the page, so they refer to each other, to their arguments and to browser globals
 * alone. They see as much of the DOM as is declared here: the project itself is compiled without it.
 */
import type { Vnode } from "./vnode.ts";

interface Target {
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}
interface PageEvent {
  readonly key?: string;
  readonly target: PageElement | null;
  preventDefault(): void;
}
interface PageElement extends Target {
  textContent: string | null;
  value: string;
  hidden: boolean;
  readonly dataset: Record<string, string | undefined>;
  readonly tagName: string;
  setAttribute(name: string, value: string): void;
  append(...nodes: (PageElement | string)[]): void;
  replaceChildren(...nodes: PageElement[]): void;
  closest(selector: string): PageElement | null;
  matches(selector: string): boolean;
  querySelectorAll(selector: string): Iterable<PageElement>;
  focus(options?: { preventScroll?: boolean }): void;
  scrollIntoView(options?: { block: string }): void;
  select(): void;
  remove(): void;
}
interface PageDocument extends Target {
  readonly body: PageElement;
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  createElement(tag: string): PageElement;
  createElementNS(namespace: string, tag: string): PageElement;
  getElementById(id: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  execCommand(command: string): boolean;
}
interface PageWindow extends Target {
  readonly document: PageDocument;
  readonly location: { readonly hash: string };
  readonly history: { replaceState(state: null, title: string, url: string): void };
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } };
  readonly performance: { now(): number };
}

/** A row or card of a list, with the lower-case text that the filter searches and, for a model, its verdict. */
export interface Entry {
  readonly find: string;
  readonly verdict?: string;
  readonly model?: string;
  readonly node: Vnode;
}
/** What one chunk carries about what is selected: all models, or one. */
export interface DetailDocument {
  readonly title: string;
  readonly facts: readonly Vnode[];
  readonly fields: readonly Entry[];
  readonly groups: readonly Entry[];
}
export interface IndexDocument {
  readonly models: readonly Entry[];
  readonly detail: DetailDocument;
  /** Parts of the page that never change, by the id of the element they fill. */
  readonly parts: Readonly<Record<string, readonly Vnode[]>>;
}
interface State {
  readonly find: string;
  readonly verdict: string;
  readonly model: string;
}

/** The text of a program that needs nothing but the page it stands in. */
export function pageScript(): string {
  const parts = [build, exampleNode, unpack, readState, writeState, list, copy, keys, wire, render, start, failed];
  return `"use strict";\n${parts.map(String).join("\n")}\nstart(window).catch((error) => failed(document, error));\n`;
}

/** Makes an element of a node; text stays text, and no attribute can become code, style or a link outward. */
function build(document: PageDocument, node: Vnode): PageElement | string {
  if (typeof node === "string") return node;
  const [tag, attributes, ...children] = node;
  if (tag === "example") return build(document, exampleNode(attributes.absent ?? "", children as string[]));
  const drawing = /^(svg|rect|line|circle|title)$/.test(tag);
  const element = drawing ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    const unsafe = /^(on|style|src)/i.test(name) || (/href$/i.test(name) && !value.startsWith("#"));
    if (!unsafe) element.setAttribute(name, value);
  }
  element.append(...children.map((child) => build(document, child)));
  return element;
}

/** Both sides of a difference; what they do not share is marked, what is not there is named absent. */
function exampleNode(absent: string, [id = "", path = "", change = "", position = "", ...parts]: string[]): Vnode {
  const side = (name: string, look: string, [before = "", differs = "", after = ""]: string[]): Vnode[] => {
    const middle: Vnode[] = absent.includes(name)
      ? [["i", {}, "absent"]]
      : differs === ""
        ? []
        : [["mark", {}, differs]];
    return [
      ["dt", {}, name],
      ["dd", { class: look }, before, ...middle, after],
    ];
  };
  const where: Vnode[] = [["span", { class: "code" }, id]];
  if (path !== "") where.push(["span", { class: "code" }, path]);
  if (change !== "") where.push(["span", { class: "delta" }, change]);
  const copy = { type: "button", class: "plain", "data-copy": position, title: "Copy the position" };
  const sides = [...side("legacy", "old", parts.slice(0, 3)), ...side("candidate", "new", parts.slice(3))];
  return [
    "div",
    { class: "example" },
    ["p", { class: "where" }, ...where, ["button", copy, position]],
    ["dl", { class: "pair" }, ...sides],
  ];
}

/** Reads the chunk of that number: base64 of gzip of JSON. */
async function unpack(document: PageDocument, chunk: number): Promise<unknown> {
  const text = document.getElementById(`chunk-${chunk}`)?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Response(bytes).body?.pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function readState(window: PageWindow): State {
  const hash = new URLSearchParams(window.location.hash.slice(1));
  return { find: hash.get("find") ?? "", verdict: hash.get("verdict") ?? "", model: hash.get("model") ?? "" };
}

/** Keeps the state in the URL, so that a link or a reload shows the same; no entry in the history. */
function writeState(window: PageWindow, state: State): void {
  const hash = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ""));
  window.history.replaceState(null, "", `#${hash}`);
}

/** Shows the entries that match, the first `size` of them, with a button for as many more. */
function list(document: PageDocument, id: string, entries: readonly Entry[], state: State, size: number): number {
  const words = state.find.toLowerCase().split(/\s+/);
  const found = entries.filter((entry) => words.every((word) => entry.find.includes(word)));
  const shown = found.slice(0, size).map((entry) => build(document, entry.node) as PageElement);
  document.getElementById(id)?.replaceChildren(...shown);
  const more = document.getElementById(`${id}-more`);
  if (more) {
    more.hidden = found.length <= size;
    more.textContent = `Show more (${(found.length - shown.length).toLocaleString("en-US")} left)`;
  }
  const none = document.getElementById(`${id}-none`);
  if (none) none.hidden = found.length > 0;
  return found.length;
}

async function copy(window: PageWindow, button: PageElement): Promise<void> {
  const { document } = window;
  const text = button.dataset.copy ?? "";
  try {
    if (!window.navigator.clipboard) throw new Error("no clipboard");
    await window.navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = before;
  }, 1200);
}

/** `/` goes to the filter, Escape clears it, the arrows walk the models. */
function keys(document: PageDocument, filter: PageElement, event: PageEvent): void {
  const typing = event.target?.matches("input, textarea, select") ?? false;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    filter.focus();
    filter.select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...document.querySelectorAll("#models a")];
  const at = document.activeElement ? links.indexOf(document.activeElement) : -1;
  if (at < 0 && event.target !== filter) return;
  const to = at + (event.key === "ArrowDown" ? 1 : -1);
  const next = to < 0 ? filter : links[to];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

function wire(window: PageWindow, filter: PageElement, update: (change: Partial<State>) => void): void {
  const { document } = window;
  filter.addEventListener("input", () => update({ find: filter.value }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === filter) update({ find: "" });
    else keys(document, filter, event);
  });
  document.addEventListener("click", (event) => {
    const button = event.target?.closest("button");
    if (!button) return;
    if (button.dataset.copy !== undefined) void copy(window, button);
    if (button.dataset.verdict !== undefined) update({ verdict: button.dataset.verdict });
  });
}

async function render(
  window: PageWindow,
  index: IndexDocument,
  state: State,
  sizes: Record<string, number>,
): Promise<void> {
  const { document } = window;
  const judged = index.models.filter((entry) => state.verdict === "" || entry.verdict === state.verdict);
  const found = list(document, "models", judged, state, sizes.models ?? 0);
  const chosen = index.models.findIndex((entry) => entry.model === state.model);
  const detail = chosen < 0 ? index.detail : ((await unpack(document, chosen + 1)) as DetailDocument);
  // While the chunk was read, the user may have gone on: what is shown is what the URL says.
  if (readState(window).model !== state.model) return;

  const title = document.getElementById("detail-title");
  if (title) title.textContent = detail.title;
  const facts = document.getElementById("facts");
  facts?.replaceChildren(...detail.facts.map((node) => build(document, node) as PageElement));
  const all = document.getElementById("all-models");
  if (all) all.hidden = chosen < 0;
  list(document, "fields", detail.fields, state, sizes.fields ?? 0);
  list(document, "groups", detail.groups, state, sizes.groups ?? 0);
  for (const link of document.querySelectorAll("#models a")) {
    link.setAttribute("aria-current", String(chosen >= 0 && link.dataset.model === state.model));
  }
  for (const button of document.querySelectorAll("button[data-verdict]")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === state.verdict));
  }
  const status = document.getElementById("found");
  if (status)
    status.textContent = `${found.toLocaleString("en-US")} of ${index.models.length.toLocaleString("en-US")} models`;
}

async function start(window: PageWindow): Promise<void> {
  const { document } = window;
  const page: { sizes: Record<string, number> } = { sizes: { models: 100, fields: 40, groups: 20 } };
  const index = (await unpack(document, 0)) as IndexDocument;
  for (const [id, nodes] of Object.entries(index.parts)) {
    document.getElementById(id)?.replaceChildren(...nodes.map((node) => build(document, node) as PageElement));
  }
  const filter = document.getElementById("filter");
  if (!filter) return;
  const show = async (): Promise<void> => {
    const state = readState(window);
    if (filter.value !== state.find) filter.value = state.find;
    await render(window, index, state, page.sizes);
  };
  wire(window, filter, (change) => {
    writeState(window, { ...readState(window), ...change });
    void show();
  });
  document.addEventListener("click", (event) => {
    const button = event.target?.closest("button");
    const id = button?.dataset.more;
    if (id !== undefined) page.sizes[id] = (page.sizes[id] ?? 0) * 4;
    if (id !== undefined) void show();
    const link = event.target?.closest("a");
    if (!link || link.dataset.model === undefined) return;
    event.preventDefault();
    writeState(window, { ...readState(window), model: link.dataset.model });
    void show().then(() => {
      const title = document.getElementById("detail-title");
      title?.scrollIntoView({ block: "start" });
      title?.focus({ preventScroll: true });
    });
  });
  window.addEventListener("hashchange", () => void show());
  await show();
  document.documentElement.dataset.readyMs = String(Math.round(window.performance.now()));
}

/** An old browser, or a page cut short on its way: say so, rather than show an empty page. */
function failed(document: PageDocument, error: unknown): void {
  const place = document.getElementById("verdict");
  if (place)
    place.textContent = `This report could not be opened (${error}). It needs a browser of 2023 or later and the whole file.`;
}
