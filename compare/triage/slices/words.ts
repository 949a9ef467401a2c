/** Slices as sentences. */
import { termOf, VARIANT } from "../inputs/item.ts";
import type { Slice, SliceTerm } from "../types.ts";
import type { FoundSlice } from "./search.ts";
import type { Feature } from "./table.ts";

/** How a condition reads after "have". */
function phraseOf(feature: Feature): string {
  const { place, trait, sense, value } = feature;
  if (place === VARIANT && sense === "is") return `been answered by variant ${value}`;
  if (sense === "missing") return `no ${place}`;
  if (sense === "present") return `${place} present`;
  switch (trait) {
    case "value":
      return sense === "is" ? `${place} = ${value}` : `${place} ${value}`;
    case "type":
      return value === "unreadable" ? "an input that does not read as its type says" : `${place} of type ${value}`;
    case "script":
      return `${value} text (${place})`;
    case "text":
      return value === "empty" ? `an empty ${place}` : `${value} in ${place}`;
    case "number":
      return `a number ${value} at ${place}`;
    case "magnitude":
      return sense === "is" ? `${place} in ${value}` : `${place} ${value}`;
    case "characters":
      return `${place} of ${value} characters`;
    case "elements":
      return `${value} elements in ${place}`;
    case "bytes":
      return `an input of ${value} bytes`;
    case "hour":
      return `been captured from ${value}:00 to ${value}:59 UTC`;
    case "weekday":
      return `been captured on a ${value} (UTC)`;
  }
}

export function termsOf({ terms }: FoundSlice): SliceTerm[] {
  return terms.map(termOf);
}

export function conditionOf(terms: readonly Feature[]): string {
  return terms.map(phraseOf).join(" and ");
}

/** E.g. `all 213 mismatches have non-ASCII text ($.text): lift 41×`. `seen`: of how many that were not all looked at. */
export function sliceSentence(condition: string, slice: Slice, all: boolean): string {
  const kind = all ? "mismatches" : "sampled mismatches";
  return `${amountOf(slice)} ${kind} have ${condition}${against(slice)}`;
}

/** E.g. `all 213`, `198 of 213`. */
export function amountOf({ mismatches, ofMismatches }: Slice): string {
  return mismatches === ofMismatches ? `all ${ofMismatches}` : `${mismatches} of ${ofMismatches}`;
}

/** Without an agreeing row inside there is no rate to speak of: the sample is too small to hold one. */
function against({ matches, ofMatches, lift }: Slice): string {
  if (matches === 0) return `, and none of ${ofMatches} sampled matches does`;
  return lift === null ? "" : `: lift ${lift >= 10 ? Math.round(lift) : lift.toFixed(1)}×`;
}
