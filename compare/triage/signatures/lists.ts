/** The same elements in another order. */
import { type JsonNode, textOf } from "../../json/node.ts";
import { parseJsonText } from "../../json/parse.ts";
import { type Hypothesis, holdsForMost, PAIRS_LEAST } from "./evidence.ts";
import type { Weighed } from "./pairs.ts";

/** Rules that judge by an order of their own: under them a finding of kind order need not be a permutation. */
const RANKINGS: ReadonlySet<string> = new Set(["topk", "rank"]);

/** Of findings of kind order. Of lists whose text was cut, the kind itself says that they are a permutation. */
export function permutation(pairs: readonly Weighed[], rule: string): Hypothesis<Weighed> | null {
  const cutHolds = !RANKINGS.has(rule);
  const holds = ({ item }: Weighed): boolean => {
    const [old, now] = [elementsOf(item.legacy), elementsOf(item.candidate)];
    return old === null || now === null ? cutHolds : [...old].sort().join("\n") === [...now].sort().join("\n");
  };
  if (!holdsForMost(pairs, holds)) return null;
  const telling = pairs.filter(({ item }) => (elementsOf(item.legacy)?.length ?? 0) > 2);
  const isReversed = ({ item }: Weighed): boolean => {
    const [old, now] = [elementsOf(item.legacy), elementsOf(item.candidate)];
    return old !== null && now !== null && [...old].reverse().join("\n") === now.join("\n");
  };
  const reversed = telling.length >= PAIRS_LEAST && holdsForMost(telling, isReversed);
  return { name: "permutation", parameters: reversed ? { order: "reversed" } : {}, holds };
}

/** Texts of the elements; null of a text that was cut, or that is no list. */
function elementsOf(json: string | null): string[] | null {
  if (json === null || json.endsWith("…")) return null;
  const parsed = parseJsonText(json);
  if (!parsed.ok || parsed.document.root.kind !== "array") return null;
  return parsed.document.root.items.map((item: JsonNode) => textOf(parsed.document, item));
}
