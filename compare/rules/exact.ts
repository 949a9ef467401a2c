/** exact: same type and value; numbers by sameNumber. Judges leaves; the walk compares containers. */
import type { DiffKind } from "../../src/record.ts";
import type { JsonNode, JsonNumber } from "../json/node.ts";
import { sameNumber } from "../json/number.ts";

/** Null when equal. Two containers of one kind are equal here: the walk looks at what they hold. */
export function judgeExact(legacy: JsonNode, candidate: JsonNode): DiffKind | null {
  if (legacy.kind !== candidate.kind) return "type";
  if (legacy.kind === "number" && candidate.kind === "number") {
    return sameNumber(legacy, candidate) ? null : numberKind(legacy, candidate);
  }
  if (legacy.kind === "string" && candidate.kind === "string") return legacy.value === candidate.value ? null : "value";
  if (legacy.kind === "boolean" && candidate.kind === "boolean")
    return legacy.value === candidate.value ? null : "value";
  return null;
}

/** Kind of a difference between two numbers: NaN on one side only has a name of its own. */
export function numberKind(legacy: Pick<JsonNumber, "value">, candidate: Pick<JsonNumber, "value">): DiffKind {
  const legacyIsNan = Number.isNaN(legacy.value);
  if (legacyIsNan === Number.isNaN(candidate.value)) return "value";
  return legacyIsNan ? "nan_legacy" : "nan_new";
}
