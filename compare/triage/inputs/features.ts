/** What a request is seen to have, from its parsed input and the columns beside it. Bounded in every direction. */

import { LIMITS } from "../../../src/limits.ts";
import { mediaType, parseBody } from "../../json/formats.ts";
import type { JsonNode, JsonNumber } from "../../json/node.ts";
import { formatField } from "../../json/path.ts";
import { binOf, binText } from "./bins.ts";
import { type Item, itemCode, type Trait, VARIANT } from "./item.ts";
import { contentsOf, scriptsOf } from "./text.ts";

/** A captured request, as triage reads it. */
export interface Request {
  readonly input: Uint8Array;
  readonly inputType: string;
  readonly modelVersion: string | null;
  /** Of the target, that answered; absent where none is known. */
  readonly variant?: string | undefined;
  /** JSON object of texts. */
  readonly attributes: string | null;
  /** UTC milliseconds. */
  readonly capturedAt: number;
}

/** A text longer than this is no category. */
const CATEGORY_CHARS = 40;
const DEPTH = 8;
/** Elements of a list that are looked at; a list of more numbers than these few is a vector, of which each says nothing. */
const ELEMENTS = 16;
const NUMBERS = 8;
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Whether nothing may be said of the value at a path. */
export type Hides = (path: string) => boolean;

/** At most LIMITS.triageItemsPerRow, those of the columns first. An item comes once, however often it is met. */
export function featuresOf(request: Request, hides: Hides = () => false): Item[] {
  const items = new Items(hides);
  const { input, inputType, modelVersion, variant, attributes, capturedAt } = request;
  items.addValue("modelVersion", JSON.stringify(modelVersion));
  if (variant !== undefined) items.addValue(VARIANT, JSON.stringify(variant));
  items.addValue("inputType", JSON.stringify(mediaType(inputType)));
  if (!hides("$")) items.addSize("input", "bytes", input.length);
  addAttributes(items, attributes);
  const time = new Date(capturedAt);
  if (!Number.isNaN(time.getTime())) {
    items.add({ place: "capturedAt", trait: "hour", value: String(time.getUTCHours()).padStart(2, "0") });
    items.add({ place: "capturedAt", trait: "weekday", value: WEEKDAYS[time.getUTCDay()] as string });
  }
  // A large input has its length only: what it costs to parse is not known before.
  if (input.length > LIMITS.triageInputBytes || hides("$")) return items.list;
  const parsed = parseBody(inputType, input);
  if (parsed.ok) addNode(items, parsed.document.root, []);
  else items.add({ place: "input", trait: "type", value: "unreadable" });
  return items.list;
}

class Items {
  readonly list: Item[] = [];
  readonly hides: Hides;
  readonly #seen = new Set<number>();

  constructor(hides: Hides) {
    this.hides = hides;
  }

  get full(): boolean {
    return this.list.length >= LIMITS.triageItemsPerRow;
  }

  add(item: Omit<Item, "code">): void {
    if (this.full) return;
    const code = itemCode(item);
    if (this.#seen.has(code)) return;
    this.#seen.add(code);
    this.list.push({ ...item, code });
  }

  /** A category; `json` as written. */
  addValue(place: string, json: string): void {
    if (json.length <= CATEGORY_CHARS + 2) this.add({ place, trait: "value", value: json });
  }

  addSize(place: string, trait: Trait, size: number): void {
    const bin = binOf(size);
    this.add({ place, trait, value: binText(bin, true), bin });
  }
}

function addAttributes(items: Items, attributes: string | null): void {
  if (attributes === null) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(attributes);
  } catch {
    return;
  }
  if (typeof parsed !== "object" || parsed === null) return;
  for (const [name, value] of Object.entries(parsed)) items.addValue(`attributes.${name}`, JSON.stringify(value));
}

function addNode(items: Items, node: JsonNode, keys: readonly (string | number)[]): void {
  if (items.full) return;
  const place = formatField(keys);
  if (items.hides(place)) return;
  items.add({ place, trait: "type", value: node.kind });
  switch (node.kind) {
    case "boolean":
      items.addValue(place, String(node.value));
      break;
    case "number":
      addNumber(items, node, place);
      break;
    case "string":
      addText(items, node.value, place);
      break;
    case "array":
      items.addSize(place, "elements", node.items.length);
      if (keys.length < DEPTH && !isVector(node.items)) {
        for (const item of node.items.slice(0, ELEMENTS)) addNode(items, item, [...keys, 0]);
      }
      break;
    case "object":
      if (keys.length < DEPTH) for (const [name, value] of node.members) addNode(items, value, [...keys, name]);
      break;
    default:
  }
}

function isVector(nodes: readonly JsonNode[]): boolean {
  return nodes.length > NUMBERS && nodes.every(({ kind }) => kind === "number");
}

function addNumber(items: Items, { value, raw }: JsonNumber, place: string): void {
  if (!Number.isFinite(value)) {
    items.add({ place, trait: "number", value: "not finite" });
    return;
  }
  items.addValue(place, raw);
  const bin = binOf(value);
  items.add({ place, trait: "magnitude", value: binText(bin, false), bin });
  if (!Number.isInteger(value)) items.add({ place, trait: "number", value: "with a fraction" });
  if (/[eE]/.test(raw)) items.add({ place, trait: "number", value: "with an exponent" });
  if (raw.replace(/[eE].*|\D/g, "").replace(/^0+/, "").length > 15) {
    items.add({ place, trait: "number", value: "of more than 15 digits" });
  }
}

function addText(items: Items, text: string, place: string): void {
  if (text.length <= CATEGORY_CHARS) items.addValue(place, JSON.stringify(text));
  items.addSize(place, "characters", text.length);
  for (const script of scriptsOf(text)) items.add({ place, trait: "script", value: script });
  for (const content of contentsOf(text)) items.add({ place, trait: "text", value: content });
}
