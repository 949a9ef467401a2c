/** What a request is seen to have: a trait of something in it, with a value. */
import { hashText } from "../../../src/hash.ts";

/** Closed set of what is looked at; the order is that of preference where two tell the same rows apart. */
export const TRAITS = [
  "value",
  "type",
  "script",
  "text",
  "number",
  "magnitude",
  "characters",
  "elements",
  "bytes",
  "hour",
  "weekday",
] as const;
export type Trait = (typeof TRAITS)[number];

export interface Item {
  /** Hash of the rest but the bin: objects that are read apart agree on it. */
  readonly code: number;
  /** `$.text`, `modelVersion`, `attributes.tenant`: what has it. */
  readonly place: string;
  readonly trait: Trait;
  /** For people; of a `value` JSON as written. */
  readonly value: string;
  /** Of a trait whose values have an order: the place of this one in it. */
  readonly bin?: number;
}

/** Place of the target's variant that answered: the one thing that is not of the request. */
export const VARIANT = "variant";

export function itemCode({ place, trait, value }: Omit<Item, "code">): number {
  return hashText(`${trait} ${value}\u0000${place}`);
}

/** Feature and value as a summary names them. */
export function termOf({ place, trait, value }: Pick<Item, "place" | "trait" | "value">): {
  feature: string;
  value: string;
} {
  return { feature: trait === "value" ? place : `${place} ${trait}`, value };
}
