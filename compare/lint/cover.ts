/** Which paths another path takes in, whatever the documents hold. */
import type { PathStep, RulePath } from "../json/path.ts";

/** Every value at `inner` is also at `outer`. */
export function coversPath(outer: RulePath, inner: RulePath): boolean {
  if (outer.deep) return isAbove(outer, inner);
  return !inner.deep && outer.steps.length === inner.steps.length && isPrefix(outer.steps, inner.steps);
}

/** Every value at `inner` is at `outer` or below it. */
export function isAbove(outer: RulePath, inner: RulePath): boolean {
  return outer.steps.length <= inner.steps.length && isPrefix(outer.steps, inner.steps);
}

function isPrefix(outer: readonly PathStep[], inner: readonly PathStep[]): boolean {
  return outer.every((step, at) => coversStep(step, inner[at] as PathStep));
}

function coversStep(outer: PathStep, inner: PathStep): boolean {
  if (outer === "[*]") return inner === "[*]" || "index" in inner;
  if (inner === "[*]") return false;
  return "name" in outer
    ? "name" in inner && outer.name === inner.name
    : "index" in inner && outer.index === inner.index;
}
