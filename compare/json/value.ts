/** A parsed value as plain JavaScript: what a user's own function expects. Numbers become doubles. */
import type { JsonNode } from "./node.ts";

export function toValue(node: JsonNode): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "array":
      return node.items.map(toValue);
    case "object": {
      const object: Record<string, unknown> = {};
      for (const [name, value] of node.members) {
        // Assigned plainly, a member named __proto__ would change the object instead of standing in it.
        if (name === "__proto__") Object.defineProperty(object, name, { value: toValue(value), enumerable: true });
        else object[name] = toValue(value);
      }
      return object;
    }
    default:
      return node.value;
  }
}
