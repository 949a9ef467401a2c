/** The report's page as data: elements that hold text and elements, built in the browser by `page-script.ts`. */

/** Attribute values come from values too; names and tags only from this folder. */
export type Attributes = Readonly<Record<string, string>>;
export type Vnode = string | readonly [tag: string, attributes: Attributes, ...children: Vnode[]];

/** `el("td", { class: "num" }, "12")`; children that are null or false are left out. */
export function el(tag: string, attributes: Attributes, ...children: (Vnode | null | false)[]): Vnode {
  return [tag, attributes, ...children.filter((child): child is Vnode => child !== null && child !== false)];
}
