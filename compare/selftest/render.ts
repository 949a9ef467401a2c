/** A self-test as a person reads it: one line a model, then what was tolerated and by which rule, then what was missed. */
import { count, plural } from "../report/figures.ts";
import { table } from "../report/table.ts";
import { visible, wrap } from "../report/text.ts";
import { FAULT_WORDS, FAULTS, type Fault } from "./faults.ts";
import type { FaultResult, ModelSelfTest } from "./model.ts";
import type { SelfTest } from "./stage.ts";

const SHOWN = 20;

/** Lines for a terminal of `columns`. */
export function renderSelfTest(test: SelfTest, columns: number): string {
  const all = Object.entries(test.models);
  const shown = [...all].sort(([, a], [, b]) => Number(a.ok) - Number(b.ok)).slice(0, SHOWN);
  const title = test.ok ? "SELF-TEST GREEN" : test.exitCode === 4 ? "NOTHING TO TEST" : "SELF-TEST RED";
  const rows = shown.map(([name, model]) => [
    model.ok ? "✓" : "✗",
    visible(name),
    count(model.rows),
    model.identity.length === 0 ? "equal" : "DIFFERS",
    ...FAULTS.map((fault) => word(model.faults[fault])),
  ]);
  const columnsOf = ["", "model", "answers", "itself", ...FAULTS].map((name, i) => ({
    title: name,
    align: name === "answers" ? ("right" as const) : ("left" as const),
    drop: i > 3 ? i : 0,
  }));
  const notes = shown.flatMap(([name, model]) => notesOf(visible(name), model));
  return `${[
    `${title}  run ${visible(test.run)} · rules ${test.rules} · ${plural(all.length, "model")} tested`,
    ...(rows.length > 0 ? ["", ...table(columnsOf, rows, columns)] : []),
    ...(all.length > SHOWN ? [`… and ${plural(all.length - SHOWN, "more model")}`] : []),
    ...test.untested.slice(0, SHOWN).map((name) => `✗ ${visible(name)}: no successful legacy answer to try`),
    ...(notes.length > 0 ? [""] : []),
    ...notes.flatMap((line) => wrap(line, Math.max(40, columns), 4)),
  ].join("\n")}\n`;
}

function word({ outcome, changed, found }: FaultResult): string {
  if (outcome === "none") return "–";
  if (outcome === "missed") return "MISSED";
  return outcome === "caught" && found < changed ? `caught ${count(found)}/${count(changed)}` : outcome;
}

function notesOf(name: string, { identity, faults, ok }: ModelSelfTest): string[] {
  const lines = identity.map((position) => `${name}: the answer of ${visible(position)} does not match itself`);
  for (const fault of FAULTS) {
    const { missed } = faults[fault];
    lines.push(...missed.map((text) => `${name}: ${FAULT_WORDS[fault]}: missed: ${visible(text)}`));
    lines.push(...tolerances(name, fault, faults[fault]));
  }
  if (!ok && lines.length === 0) lines.push(`${name}: no fault at all was caught: its rules accept everything`);
  return lines;
}

function tolerances(name: string, fault: Fault, { tolerated }: FaultResult): string[] {
  return Object.entries(tolerated).map(([field, rules]) => {
    return `${name}: ${FAULT_WORDS[fault]}: ${visible(field)} tolerated by ${visible(rules.join("; "))}`;
  });
}
