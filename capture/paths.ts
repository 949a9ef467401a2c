/** The `map` of the config, compiled: where each field of a record stands in a message. */

import type { MapSettings } from "../src/config/schema.ts";
import { CutoverError } from "../src/errors.ts";
import type { ScanNode } from "./scanner.ts";

/** Where a field comes from. A `json` source names the slot of the scanner's result. */
export type FieldSource =
  | { readonly from: "json"; readonly slot: number; readonly base64Slot: number }
  | { readonly from: "header"; readonly name: string }
  | { readonly from: "key" }
  | { readonly from: "value" }
  | { readonly from: "none" };

export type FieldName = keyof MapSettings;

export interface CompiledMap {
  readonly fields: Readonly<Record<FieldName, FieldSource>>;
  readonly root: ScanNode;
  readonly slots: number;
  /** False when no required field stands in the JSON of the value: then the value is not read as JSON. */
  readonly readsJson: boolean;
}

const REQUIRED: readonly FieldName[] = ["id", "model", "input", "output"];
/** Fields whose member may also come as `NAME_base64`. */
const BASE64: readonly FieldName[] = ["input", "output"];
const PATH_DEPTH_MAX = 32;

export function compileMap(map: MapSettings): CompiledMap {
  const root = node();
  let slots = 0;
  const slotAt = (path: readonly string[]): number => {
    const target = path.reduce(childNamed, root);
    if (target.slot < 0) target.slot = slots++;
    return target.slot;
  };
  const names = Object.keys(map) as FieldName[];
  const isJson = (name: FieldName): boolean => map[name].startsWith("$");
  // A default optional path says nothing about a value that the required fields do not read as JSON.
  const readsJson = REQUIRED.some(isJson) || names.some((name) => isJson(name) && map[name] !== `$.${name}`);
  const entries = names.map((name): [FieldName, FieldSource] => {
    const text = map[name];
    if (text === "key" || text === "value") return [name, { from: text }];
    if (text.startsWith("header:")) return [name, { from: "header", name: text.slice("header:".length).toLowerCase() }];
    if (!readsJson) return [name, { from: "none" }];
    const path = parsePath(name, text);
    const last = path.at(-1);
    const twin = BASE64.includes(name) && last !== undefined ? [...path.slice(0, -1), `${last}_base64`] : undefined;
    return [name, { from: "json", slot: slotAt(path), base64Slot: twin ? slotAt(twin) : -1 }];
  });
  return { fields: Object.fromEntries(entries) as Record<FieldName, FieldSource>, root, slots, readsJson };
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
  const child = node();
  parent.names.push(name);
  parent.nameBytes.push(Buffer.from(name, "utf8"));
  parent.children.push(child);
  return child;
}
