/** What a request is seen to have: a trait of something in it, with a value. */

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
  /** `$.text`, `modelVersion`, `attributes.tenant`: what has it. */
  readonly place: string;
  readonly trait: Trait;
  /** For people; of a `value` JSON as written. */
  readonly value: string;
  /** Of a trait whose values have an order: the place of this one in it. */
  readonly bin?: number;
}

/** Feature and value as a summary names them. */
export function termOf({ place, trait, value }: Item): { feature: string; value: string } {
  return { feature: trait === "value" ? place : `${place} ${trait}`, value };
}
