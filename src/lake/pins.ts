/** pins/NAME.json: named selections that are kept, so that every replay of one sends the same records. */
import { z } from "zod";
import { CutoverError, isCutoverError } from "../errors.ts";
import { canonicalJson } from "../hash.ts";
import type { Store } from "../store/port.ts";
import { isKeyName, KEY_NAME, pinKey, pinsPrefix } from "./keys.ts";
import { parseDocument, type SelectionQuery, selectionSchema } from "./run.ts";
import { describeQuery } from "./select/query.ts";

export const pinSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** UTC milliseconds. */
  createdAt: z.int(),
  ...selectionSchema.shape,
  toolVersion: z.string(),
});
export type Pin = z.infer<typeof pinSchema>;

/** Keeps the selection under its name, once: it never changes. When it is kept already, that one is returned. */
export async function keepPin(store: Store, pin: Pin): Promise<Pin> {
  checkPinName(pin.name);
  try {
    await store.put(pinKey(pin.name), new TextEncoder().encode(`${JSON.stringify(pin, null, 1)}\n`), {
      ifAbsent: true,
      contentType: "application/json",
    });
    return pin;
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
    return sameAsAsked(await readPin(store, pin.name), pin.query);
  }
}

/** The pin of this name, when there is one that answers this query; USAGE when it answers another. */
export async function findPin(store: Store, name: string, query: SelectionQuery): Promise<Pin | undefined> {
  checkPinName(name);
  return (await store.head(pinKey(name))) ? sameAsAsked(await readPin(store, name), query) : undefined;
}

export async function readPin(store: Store, name: string): Promise<Pin> {
  checkPinName(name);
  const key = pinKey(name);
  if (await store.head(key)) return parseDocument(key, await store.get(key), pinSchema);
  const known = await listPins(store);
  throw new CutoverError("USAGE", `there is no pin ${name}`, {
    place: `${store.url} ${key}`,
    ...(known.length > 0 ? { expected: `one of ${known.slice(0, 8).join(", ")}` } : {}),
    hint: `cutover captures pin ${name} --limit 100 keeps a selection under this name`,
  });
}

/** Names of all pins, in order. */
export async function listPins(store: Store): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(pinsPrefix)) {
    const match = /^pins\/([^/]+)\.json$/.exec(key);
    if (match) names.push(match[1] as string);
  }
  return names;
}

function sameAsAsked(pin: Pin, query: SelectionQuery): Pin {
  if (canonicalJson(asked(pin.query)) === canonicalJson(asked(query))) return pin;
  throw new CutoverError("USAGE", `the pin ${pin.name} keeps another selection, and a pin never changes`, {
    place: pinKey(pin.name),
    expected: describeQuery(pin.query),
    received: describeQuery(query),
    hint: "keep this one under another name",
  });
}

/** Without the positions that were looked up when it was pinned. */
function asked({ only, ...query }: SelectionQuery): SelectionQuery {
  if (!only) return query;
  const { positions: _, ...outcome } = only;
  return { ...query, only: outcome };
}

function checkPinName(name: string): void {
  if (isKeyName(name)) return;
  throw new CutoverError("USAGE", "this is no name for a pin", { expected: KEY_NAME, received: name });
}
