/** `captures pin`: selections that are kept under a name. */
import { rulesHash } from "../src/config/models.ts";
import { CutoverError } from "../src/errors.ts";
import { pinKey } from "../src/lake/keys.ts";
import { checkPinned } from "../src/lake/pinned.ts";
import { findPin, keepPin, listPins, type Pin, readPin } from "../src/lake/pins.ts";
import { pinOutcome } from "../src/lake/select/outcome.ts";
import { describeQuery, narrows, queryOf, type SelectionFlags } from "../src/lake/select/query.ts";
import { selectCaptures } from "../src/lake/select/select.ts";
import type { Session } from "../src/session.ts";

export interface PinFlags extends SelectionFlags {
  readonly dryRun?: boolean;
}

export interface PinState {
  readonly name: string;
  /** UTC milliseconds. */
  readonly createdAt: number;
  /** The query in words. */
  readonly selection: string;
  readonly records: number;
  readonly objects: number;
  readonly models: Readonly<Record<string, number>>;
}

export interface PinResult extends PinState {
  /** `before`: an earlier call kept this selection; what it kept stands, whatever was captured since. */
  readonly kept: "now" | "before" | "dry run";
  readonly key: string;
}

/** Selects and keeps, once. */
export async function pinStage(session: Session, name: string, flags: PinFlags): Promise<PinResult> {
  const { store, clock, config, version, signal } = session;
  const asked = await queryOf(flags, session.streams.stdin);
  const before = await findPin(store, name, asked);
  if (before) {
    await checkPinned(store, before, signal);
    return { ...stateOf(before), kept: "before", key: pinKey(name) };
  }
  const query = await pinOutcome(store, asked, rulesHash(config), signal);
  const selection = await selectCaptures(store, query, signal);
  // Objects of which nothing is kept may go in their time.
  const objects = selection.objects.filter(({ selected }) => selected > 0);
  const pin: Pin = { version: 1, name, createdAt: clock.now(), ...selection, objects, toolVersion: version };
  if (flags.dryRun) return { ...stateOf(pin), kept: "dry run", key: pinKey(name) };
  const kept = await keepPin(store, pin);
  return { ...stateOf(kept), kept: kept === pin ? "now" : "before", key: pinKey(name) };
}

export async function pinsStage({ store }: Session, flags: PinFlags): Promise<{ readonly pins: readonly PinState[] }> {
  if (narrows(flags) || flags.dryRun) {
    throw new CutoverError("USAGE", "a selection is kept under a name", { hint: "cutover captures pin NAME …" });
  }
  const pins: PinState[] = [];
  for (const name of await listPins(store)) pins.push(stateOf(await readPin(store, name)));
  return { pins };
}

function stateOf({ name, createdAt, query, planned, objects, models }: Pin): PinState {
  return { name, createdAt, selection: describeQuery(query), records: planned, objects: objects.length, models };
}

const VERB: Readonly<Record<PinResult["kept"], string>> = {
  now: "kept",
  before: "kept already",
  "dry run": "would be kept",
};

export function renderPin(pin: PinResult): string {
  const models = Object.keys(pin.models).length;
  return [
    `${pin.name}: ${VERB[pin.kept]}, ${pin.records} records of ${models} models from ${pin.objects} capture objects`,
    `  ${pin.selection}`,
    `next: cutover run --target NAME --pin ${pin.name}`,
    "",
  ].join("\n");
}

export function renderPins({ pins }: { readonly pins: readonly PinState[] }): string {
  if (pins.length === 0) return "nothing is kept yet: cutover captures pin NAME --limit 100\n";
  const lines = pins.map(({ name, createdAt, selection, records }) => {
    return `${name}  ${new Date(createdAt).toISOString()}  ${records} records  ${selection}\n`;
  });
  return lines.join("");
}
