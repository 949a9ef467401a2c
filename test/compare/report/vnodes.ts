/** What stands in the nodes of a page. */
import type { Vnode } from "../../../compare/report/page/vnode.ts";

/** All text of a node, as it stands there; and with a blank between its pieces. */
export const textOf = (node: Vnode): string => joined(node, "");
export const spacedTextOf = (node: Vnode): string => joined(node, " ");

function joined(node: Vnode, between: string): string {
  if (typeof node === "string") return node;
  return node
    .slice(2)
    .map((child) => joined(child as Vnode, between))
    .join(between);
}

export function* elementsOf(node: Vnode): Generator<Exclude<Vnode, string>> {
  if (typeof node === "string") return;
  yield node;
  for (const child of node.slice(2)) yield* elementsOf(child as Vnode);
}
