/**
 * `expect(newAnswer).toMatchParity(legacyAnswer, rules)` for vitest and jest:
 * `expect.extend({ toMatchParity })`. The same engine as every comparison of a run.
 */
import { type CompareOptions, type Comparison, compare, type Rule } from "./library.ts";
import type { Finding } from "./types.ts";

/** For types: `declare module "vitest" { interface Matchers<T> extends ParityMatchers<T> {} }`. */
export interface ParityMatchers<R = unknown> {
  toMatchParity(legacy: unknown, rules?: CompareOptions | readonly Rule[]): R;
}

export function toMatchParity(
  received: unknown,
  legacy: unknown,
  rules: CompareOptions | readonly Rule[] = {},
): { readonly pass: boolean; readonly message: () => string } {
  const comparison = compare(legacy, received, rules);
  return { pass: comparison.passes, message: () => explainComparison(comparison) };
}

/** Findings named in a message, and characters of a value in it. */
const FINDINGS_SHOWN = 10;
const VALUE_CHARS = 80;

function explainComparison({ passes, findings, ignored, notComparable, uncovered }: Comparison): string {
  if (passes) {
    const accepted = ignored.length > 0 ? ` (ignored: ${ignored.map(({ field }) => field).join(", ")})` : "";
    return `expected the new answer not to match the legacy one, and it does${accepted}`;
  }
  const lines = ["expected the new answer to match the legacy one"];
  if (notComparable !== null) lines.push(`  not comparable: ${notComparable}`);
  const gating = findings.filter(({ gates }) => gates);
  lines.push(...gating.slice(0, FINDINGS_SHOWN).map(describe));
  if (gating.length > FINDINGS_SHOWN) lines.push(`  … and ${gating.length - FINDINGS_SHOWN} more`);
  if (uncovered.length > 0) lines.push(`  no rule and no default for: ${uncovered.join(", ")}`);
  return lines.join("\n");
}

function describe({ path, rule, kind, legacy, candidate, delta }: Finding): string {
  const by = delta === null || delta === 0 ? "" : ` (${delta > 0 ? "+" : ""}${delta})`;
  return `  ${path}: ${kind} (rule ${rule})\n    legacy: ${cut(legacy)}\n    new:    ${cut(candidate)}${by}`;
}

function cut(text: string | null): string {
  if (text === null) return "nothing";
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS - 1)}…` : text;
}
