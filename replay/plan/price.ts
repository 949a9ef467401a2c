/** What tries cost. Every try costs, also one that was refused or cut off: what is billed may be less, never more. Pure. */
import type { TargetSettings } from "../../src/config/schema.ts";

export type Price = NonNullable<TargetSettings["price"]>;

/** In the currency of the price: so many tries that took so many milliseconds together. */
export function priceOf({ perRequest, gbSecond, memoryGb }: Price, tries: number, ms: number): number {
  return tries * perRequest + (ms / 1000) * memoryGb * gbSecond;
}

/** Two digits at least, and so many that small amounts show: `0.02`, `12.50`, `0.00031`. */
export function money(amount: number): string {
  if (amount === 0) return "0.00";
  return amount >= 1
    ? amount.toFixed(2)
    : amount.toFixed(Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(amount)))));
}
