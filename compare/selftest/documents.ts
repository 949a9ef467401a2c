/** Answers as documents that can be changed in one place and printed again. */
import { textDocument } from "../json/body.ts";
import { mediaType, parseBody } from "../json/formats.ts";
import { type JsonDocument, type JsonNode, textOf } from "../json/node.ts";
import { formatField } from "../json/path.ts";

/** A body as the comparison reads it; `isJson` says whether `printWith` gives a body of the same type. */
export function documentOf(
  type: string,
  body: Uint8Array,
): { readonly document: JsonDocument; readonly isJson: boolean } {
  const parsed = parseBody(type, body);
  if (!parsed.ok) return { document: textDocument(body), isJson: false };
  return { document: parsed.document, isJson: /[/+]json$/.test(mediaType(type)) };
}

/** A value and where it stands. */
export interface Place {
  readonly keys: readonly (string | number)[];
  /** Path with `[*]` for indexes. */
  readonly field: string;
  readonly node: JsonNode;
}

/** Every value of a document, containers before what they hold. */
export function* placesOf(node: JsonNode, keys: readonly (string | number)[] = []): Generator<Place> {
  yield { keys, field: formatField(keys), node };
  if (node.kind === "array") {
    for (const [index, item] of node.items.entries()) yield* placesOf(item, [...keys, index]);
  } else if (node.kind === "object") {
    for (const [name, member] of node.members) yield* placesOf(member, [...keys, name]);
  }
}

/** JSON text of the document with some values replaced by other text, or left out where the text is null. */
export function printWith(document: JsonDocument, replaced: ReadonlyMap<JsonNode, string | null>): string {
  const print = (node: JsonNode): string | null => {
    const other = replaced.get(node);
    if (other !== undefined) return other;
    if (node.kind === "array")
      return `[${node.items
        .map(print)
        .filter((text) => text !== null)
        .join(",")}]`;
    if (node.kind !== "object") return textOf(document, node);
    const members = [...node.members].flatMap(([name, member]) => {
      const text = print(member);
      return text === null ? [] : [`${JSON.stringify(name)}:${text}`];
    });
    return `{${members.join(",")}}`;
  };
  return print(document.root) ?? "null";
}
