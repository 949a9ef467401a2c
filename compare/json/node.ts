/** A JSON document as written: number literals keep their text, every value knows where it stands. */

interface Span {
  /** UTF-16 offsets of the value in the document's text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}
export interface JsonNull extends Span {
  readonly kind: "null";
}
export interface JsonBoolean extends Span {
  readonly kind: "boolean";
  readonly value: boolean;
}
export interface JsonNumber extends Span {
  readonly kind: "number";
  /** The literal; `NaN`, `Infinity` and `-Infinity` when bare. */
  readonly raw: string;
  /** The nearest double: ±Infinity beyond the range, 0 below it. */
  readonly value: number;
}
export interface JsonString extends Span {
  readonly kind: "string";
  /** Unescaped; may hold lone surrogates. */
  readonly value: string;
}
export interface JsonArray extends Span {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}
export interface JsonObject extends Span {
  readonly kind: "object";
  /** In the order of first appearance; of repeated members the last value. */
  readonly members: ReadonlyMap<string, JsonNode>;
}
export type JsonNode = JsonNull | JsonBoolean | JsonNumber | JsonString | JsonArray | JsonObject;

export interface JsonDocument {
  readonly text: string;
  readonly root: JsonNode;
  /** Members that a later one of the same name replaced. */
  readonly duplicates: number;
  readonly byteOrderMark: boolean;
  /** Bare NaN, Infinity, -Infinity. */
  readonly bareNumbers: number;
}

/** JSON text of a value as written. */
export function textOf(document: JsonDocument, node: JsonNode): string {
  return document.text.slice(node.start, node.end);
}
