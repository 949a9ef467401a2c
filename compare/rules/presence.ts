/** presence: which side must, may or must not have the value. The value itself is judged by other rules. */
import type { DiffKind } from "../../src/record.ts";
import type { CompiledRule } from "./rule.ts";

export type Present = "both" | "legacy" | "candidate" | "neither";

/** Null when the value stands where the rule allows. */
export function judgePresence(state: CompiledRule["state"], present: Present): DiffKind | null {
  if (present === "neither") return state === "required" ? "missing_field" : null;
  if (present === "both") return state === "legacyOnly" || state === "newOnly" ? "extra_field" : null;
  if (present === "legacy") return state === "required" || state === "newOnly" ? "missing_field" : null;
  return state === "required" || state === "legacyOnly" ? "extra_field" : null;
}
