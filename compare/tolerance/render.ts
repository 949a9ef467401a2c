/** Tolerances as YAML that can stand in cutover.yaml as it is. */
import { printable } from "../../src/inert.ts";
import type { ToleranceReport } from "../tolerance.ts";
import { RATES } from "./needs.ts";

/** The rule for rate 0 is in force where it is pasted, the others stand beside it as comments. */
export function renderTolerance({ run, models }: ToleranceReport): string {
  const lines = [`# Smallest tolerances by run ${run}, rounded up to three digits.`];
  const entries = Object.entries(models).filter(([, { fields }]) => Object.keys(fields).length > 0);
  if (entries.length === 0) return `${lines[0]}\n# No field with numbers differs.\nmodels: {}\n`;
  lines.push("models:");
  for (const [model, { n, fields }] of entries) {
    lines.push(`  ${JSON.stringify(model)}:`, "    rules:");
    for (const [path, field] of Object.entries(fields)) {
      const helpless = field.stuck === 0 ? "" : `, ${field.stuck} of them in a way that no tolerance mends`;
      lines.push(`      # ${path}: ${field.pairs} of ${n} pairs differ${helpless}`);
      lines.push(...RATES.flatMap((rate, at) => rulesFor(path, rate, field.atol[at] ?? null, field.rtol[at] ?? null)));
    }
  }
  return printable(`${lines.join("\n")}\n`);
}

function rulesFor(path: string, rate: number, atol: number | null, rtol: number | null): string[] {
  const rule = (a: number, r: number): string =>
    `- { path: ${JSON.stringify(path)}, type: number, atol: ${roundUp(a)}, rtol: ${roundUp(r)} }`;
  const active = rate === 0 ? "      " : "      # ";
  if (atol === null) return [`      # no tolerance comes to mismatch rate ${rate}`];
  const relative = rtol === null ? [] : [`      # ${rule(0, rtol)} # the same by rtol`];
  return [`${active}${rule(atol, 0)} # mismatch rate ${rate}`, ...relative];
}

/** The smallest number of three significant digits that is not below the value. */
export function roundUp(value: number): number {
  if (value === 0) return 0;
  const near = Number(value.toPrecision(3));
  if (near >= value) return near;
  const exponent = Math.floor(Math.log10(value));
  const above = Number(`${Math.round(near / 10 ** (exponent - 2)) + 1}e${exponent - 2}`);
  return Number.isFinite(above) ? above : value;
}
