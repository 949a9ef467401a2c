/** What to do after a verdict: commands with their reason, the same on a terminal and on the page. */
import type { Given } from "../../src/shell.ts";
import type { Summary } from "../summary.ts";
import { commandLine } from "./command-line.ts";
import { groupsInOrder } from "./order.ts";

export interface Step {
  readonly command: string;
  readonly why: string;
}

/** Sends what has no answer, judges again, or gates. `given` are flags of the whole program; the page has none. */
export function nextSteps(summary: Summary, given?: Given): Step[] {
  const run = { "--run": summary.run };
  const target = { "--target": summary.target };
  const steps: Step[] = [];
  if (summary.coverage.unpaired > 0 || summary.coverage.skipped > 0) {
    steps.push({
      command: commandLine("replay", { flags: { ...run, ...target }, given }),
      why: "send what has no answer yet",
    });
  } else if (summary.coverage.notComparable > 0) {
    // A stored failure is a result and is not sent again within its run.
    steps.push({
      command: commandLine("replay", { flags: { ...target, "--fresh": true }, given }),
      why: "a new run over the same selection",
    });
  }
  steps.push(
    summary.verdict === "pass"
      ? { command: commandLine("gate", { flags: run, given }), why: "the same verdict as exit code and CI files" }
      : { command: commandLine("compare", { flags: run, given }), why: "judge again after a change of rules" },
  );
  return steps;
}

/** A fleet moves model by model: those that are ready need not wait. */
export function readySteps({ run, ready }: Summary): Step[] {
  const [first] = [...ready].sort();
  if (first === undefined) return [];
  const command = commandLine("gate", { flags: { "--run": run, "--model": first } });
  return [{ command, why: "a model that is ready can move by itself" }];
}

/** Looks into what explains most, and for paths that no rule judges, before any of the above. */
export function lookSteps(summary: Summary): Step[] {
  const { run } = summary;
  const named = summary.explanations?.flatMap(({ groups }) => groups)[0];
  const open = groupsInOrder(summary.groups).filter((group) => (group.waived ?? 0) < group.count);
  const group = open.find(({ fingerprint }) => fingerprint === named) ?? open[0];
  const uncovered = Object.values(summary.models).some((model) => model.uncovered.length > 0);
  const lint = {
    command: commandLine("rules lint", { flags: { "--run": run } }),
    why: "output paths that no rule judges",
  };
  const lints = uncovered ? [lint] : [];
  if (group === undefined) return lints;
  const [position] = group.exemplars;
  const steps: Step[] = [];
  if (position !== undefined) {
    const command = commandLine("show", { about: [run, position] });
    steps.push({ command, why: "both answers of one request of the first cause" });
  }
  const command = commandLine("rules suggest", { about: [run], flags: { "--group": group.fingerprint } });
  return [...lints, ...steps, { command, why: "the rule that would accept it, and what it would do to the verdict" }];
}
