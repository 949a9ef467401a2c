/** As much of the DOM as the page's script uses: the project itself is compiled without it. And how elements are made. */
import type { Vnode } from "../vnode.ts";

interface Target {
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}
export interface PageEvent {
  readonly key?: string;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
  readonly matches?: boolean;
  readonly target: PageElement | null;
  preventDefault(): void;
}
export interface PageElement extends Target {
  textContent: string | null;
  value: string;
  hidden: boolean;
  open: boolean;
  readonly dataset: Record<string, string | undefined>;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  append(...nodes: (PageElement | string)[]): void;
  replaceChildren(...nodes: (PageElement | string)[]): void;
  closest(selector: string): PageElement | null;
  matches(selector: string): boolean;
  querySelector(selector: string): PageElement | null;
  focus(options?: { preventScroll?: boolean }): void;
  scrollIntoView(options?: { block: string }): void;
  select(): void;
  remove(): void;
}
export interface PageDocument extends Target {
  readonly body: PageElement;
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  createElement(tag: string): PageElement;
  createElementNS(namespace: string, tag: string): PageElement;
  getElementById(id: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  execCommand(command: string): boolean;
}
export interface PageWindow extends Target {
  readonly document: PageDocument;
  readonly location: { hash: string };
  readonly history: { replaceState(state: null, title: string, url: string): void };
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } };
  readonly performance: { now(): number };
  matchMedia(query: string): Target & { readonly matches: boolean };
}

/** Makes an element of a node; text stays text, and no attribute can become code, style or a link outward. */
export function build(document: PageDocument, node: Vnode): PageElement | string {
  if (typeof node === "string") return node;
  const [tag, attributes, ...children] = node;
  const drawing = /^(svg|rect|line|circle|path|title|desc)$/.test(tag);
  const element = drawing ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    const unsafe = /^(on|style|src)/i.test(name) || (/href$/i.test(name) && !value.startsWith("#"));
    if (!unsafe) element.setAttribute(name, value);
  }
  element.append(...children.map((child) => build(document, child)));
  return element;
}

/** Reads the chunk of that number: base64 of gzip of JSON. */
export async function unpack(document: PageDocument, chunk: number): Promise<unknown> {
  const text = document.getElementById(`chunk-${chunk}`)?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Response(bytes).body?.pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
