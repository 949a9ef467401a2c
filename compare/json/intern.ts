/** Small numbers for values, equal exactly when the values are equal: what lists are matched by. */
import type { JsonNode } from "./node.ts";
import { numberKey } from "./number.ts";

/** One per pair. Linear in the size of the values, whatever their depth: a container's key holds its children's ids. */
export class Interner {
  readonly #ids = new Map<string, number>();
  readonly #known = new Map<JsonNode, number>();

  id(node: JsonNode): number {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const key = this.#key(node);
    const id = this.#ids.get(key) ?? this.#ids.size;
    this.#ids.set(key, id);
    this.#known.set(node, id);
    return id;
  }

  #key(node: JsonNode): string {
    switch (node.kind) {
      case "null":
        return "null";
      case "boolean":
        return String(node.value);
      case "number":
        return `#${numberKey(node)}`;
      case "string":
        return `"${node.value}`;
      case "array":
        return `[${node.items.map((item) => this.id(item)).join(",")}`;
      case "object": {
        const names = [...node.members.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
        return `{${names.map(([name, value]) => `${JSON.stringify(name)}:${this.id(value)}`).join(",")}`;
      }
    }
  }
}
