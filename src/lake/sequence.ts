/**
 * runs/<run>/sequence.json: how far a sequential run has come. Its records are replayed and judged in layers of a seeded
 * hash of the position, each a sample of the whole time range; a model whose verdict is certain is left out of the rest.
 */
import { z } from "zod";
import { hashPosition } from "../hash.ts";
import type { Position } from "../record.ts";
import type { Store } from "../store/port.ts";
import { sequenceKey } from "./keys.ts";
import { parseDocument } from "./run.ts";

/** Share of the records up to the end of each layer. Looks are at these ends alone. */
export const LAYERS: readonly number[] = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

const share = z.number().gt(0).max(1);

const sequenceSchema = z.object({
  version: z.literal(1),
  /** Hash of the rules that its looks were judged by. */
  rules: z.string(),
  /** Of records: all layers below it are replayed whole. */
  below: share,
  /** Models whose verdict was certain, and the share at which it was. */
  decided: z.record(z.string(), share),
});
export type Sequence = z.infer<typeof sequenceSchema>;

/** Undefined for a run that is not sequential. */
export async function readSequence(store: Store, run: string): Promise<Sequence | undefined> {
  const key = sequenceKey(run);
  return (await store.head(key)) ? parseDocument(key, await store.get(key), sequenceSchema) : undefined;
}

export async function writeSequence(store: Store, run: string, sequence: Sequence): Promise<void> {
  const body = new TextEncoder().encode(`${JSON.stringify(sequence, null, 1)}\n`);
  await store.put(sequenceKey(run), body, { contentType: "application/json" });
}

/** Whether a record belongs to the layers that count. */
export type InLayers = (model: string, position: Position) => boolean;

/** Another seed than that of samples and limits: else all of a sample of 1 in 100 would be in the first layer. */
const SEED = 0x5e9;

export function inLayers({ below, decided }: Pick<Sequence, "below" | "decided">): InLayers {
  const marks = new Map(Object.entries(decided));
  return (model, position) => hashPosition(position, SEED) < (marks.get(model) ?? below) * 2 ** 32;
}
