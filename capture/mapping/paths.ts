/** The `map` of the config, compiled: where each field of a record stands in a message. */

import type { KafkaSettings, MapSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import type { ScanNode } from "./scanner.ts";

/** Where a field comes from. A `json` source names the slot of the scanner's result. */
export type FieldSource = (
  | { readonly from: "json"; readonly slot: number; readonly base64Slot: number }
  | { readonly from: "header" | "hex"; readonly name: string }
  /** Of a CloudEvent: its header in binary mode, the slot of its member in structured mode. */
  | { readonly from: "event"; readonly name: string; readonly slot: number }
  | { readonly from: "key" | "value" | "position" | "none" }
) & {
  /** Asked when the field is not there. */
  readonly next: FieldSource | undefined;
};

export type FieldName = keyof MapSettings;
export type Format = KafkaSettings["format"];

export interface CompiledMap {
  readonly fields: Readonly<Record<FieldName, FieldSource>>;
  readonly root: ScanNode;
  readonly slots: number;
  /** False when no required field stands in the JSON of the value: then the value is not read as JSON. */
  readonly readsJson: boolean;
  /** Of structured CloudEvents: the event around `root`; undefined when messages are no events. */
  readonly event: CompiledEvent | undefined;
}

export interface CompiledEvent {
  readonly root: ScanNode;
  readonly slots: number;
  readonly data: number;
  readonly dataBase64: number;
  readonly specVersion: number;
}

const REQUIRED: readonly FieldName[] = ["id", "model", "input", "output"];
/** Fields whose member may also come as `NAME_base64`. */
const BASE64: readonly FieldName[] = ["input", "output"];
const PATH_DEPTH_MAX = 32;
/** The scanner notes in the bits of one integer which of them it has seen. */
const LEVEL_NAMES_MAX = 32;
/** What `id: auto` stands for: where services put a correlation id, in the order of their use. */
const CORRELATION = ["correlation-id", "x-correlation-id", "x-request-id", "requestid"].map((name) => `header:${name}`);
const AUTO: Readonly<Record<Format, readonly string[]>> = {
  envelope: ["header:ce_id", "header:ce_correlationid", ...CORRELATION, "hex:kafka_correlationId", "key", "position"],
  cloudevents: ["ce:id", "ce:correlationid", ...CORRELATION, "hex:kafka_correlationId", "key", "position"],
};

export function compileMap(map: MapSettings, format: Format = "envelope"): CompiledMap {
  const root = node();
  const around = node();
  let slots = 0;
  const slotAt = (from: ScanNode, path: readonly string[]): number => {
    const target = path.reduce(childNamed, from);
    if (target.slot < 0) target.slot = slots++;
    return target.slot;
  };
  const names = Object.keys(map) as FieldName[];
  const sourcesOf = (name: FieldName): readonly string[] => (map[name] === "auto" ? AUTO[format] : [map[name]].flat());
  const isJson = (name: FieldName): boolean => sourcesOf(name).some((text) => text.startsWith("$"));
  // A default optional path says nothing about a value that the required fields do not read as JSON.
  const readsJson = REQUIRED.some(isJson) || names.some((name) => isJson(name) && map[name] !== `$.${name}`);
  const compile = (name: FieldName, text: string, next: FieldSource | undefined): FieldSource => {
    if (text === "key" || text === "value" || text === "position") return { from: text, next };
    const [kind, rest] = [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)];
    if (kind === "header" || kind === "hex") return { from: kind, name: rest.toLowerCase(), next };
    // The config refuses attributes where messages are no events.
    if (kind === "ce" && format !== "cloudevents") return { from: "none", next };
    if (kind === "ce") return { from: "event", name: rest, slot: slotAt(around, [rest]), next };
    if (!readsJson) return { from: "none", next };
    const path = parsePath(name, text);
    const last = path.at(-1);
    const twin = BASE64.includes(name) && last !== undefined ? [...path.slice(0, -1), `${last}_base64`] : undefined;
    return { from: "json", slot: slotAt(root, path), base64Slot: twin ? slotAt(root, twin) : -1, next };
  };
  const fields = Object.fromEntries(
    names.map((name) => [
      name,
      sourcesOf(name).reduceRight<FieldSource | undefined>((next, text) => compile(name, text, next), undefined),
    ]),
  ) as Record<FieldName, FieldSource>;
  const event = format === "cloudevents" ? compileEvent(around, root, slotAt) : undefined;
  return { fields, root, slots, readsJson, event: event && { ...event, slots } };
}

/** The event's members around its data, whose paths and slots are those of `root`. */
function compileEvent(
  around: ScanNode,
  root: ScanNode,
  slotAt: (from: ScanNode, path: readonly string[]) => number,
): Omit<CompiledEvent, "slots"> {
  const data = slotAt(root, []);
  const dataBase64 = slotAt(around, ["data_base64"]);
  const specVersion = slotAt(around, ["specversion"]);
  around.names.push("data");
  around.nameBytes.push(Buffer.from("data"));
  around.children.push(root);
  return { root: around, data, dataBase64, specVersion };
}

/** Member names of `$.a.b["c.d"]`; CONFIG when the text is not such a path. */
export function parsePath(field: string, text: string): string[] {
  const step = /\.([^.[\]"\s]+)|\["((?:[^"\\]|\\.)*)"\]/gy;
  const path: string[] = [];
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (!match || path.length >= PATH_DEPTH_MAX) {
      throw new CutoverError("CONFIG", `capture.map.${field} is not a path`, {
        place: `capture.map.${field}`,
        expected: `$.name.name or $["name with dots"], at most ${PATH_DEPTH_MAX} deep`,
        received: text,
        hint: "a path follows members of objects; elements of lists cannot be named",
      });
    }
    path.push(match[1] ?? (JSON.parse(`"${match[2]}"`) as string));
  }
  return path;
}

function node(): ScanNode {
  return { slot: -1, names: [], nameBytes: [], children: [] };
}

function childNamed(parent: ScanNode, name: string): ScanNode {
  const known = parent.names.indexOf(name);
  if (known >= 0) return parent.children[known] as ScanNode;
  if (parent.names.length >= LEVEL_NAMES_MAX) {
    throw new CutoverError("CONFIG", `capture.map names more than ${LEVEL_NAMES_MAX} members of one object`, {
      place: "capture.map",
      expected: `paths that name at most ${LEVEL_NAMES_MAX} members of one object, NAME_base64 among them`,
      received: `${name} beside ${parent.names.slice(0, 5).join(", ")} …`,
      hint: "leave out sources that no message has",
    });
  }
  const child = node();
  parent.names.push(name);
  parent.nameBytes.push(Buffer.from(name, "utf8"));
  parent.children.push(child);
  return child;
}
