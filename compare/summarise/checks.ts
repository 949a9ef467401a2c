/** Whether every record is accounted for. */
import type { Run } from "../../src/lake/run.ts";
import { ModelTally, type RunTally } from "../accumulate/tally.ts";
import type { ModelSummary, Problem } from "../summary.ts";
import { sum } from "./totals.ts";

export interface SumFacts {
  readonly run: Run;
  readonly tally: RunTally;
  /** Selected rows of objects that could not be read. */
  readonly unreadable: number;
}

/** Invariant 4, against what was counted row by row: the selection of run.json is met, and nothing is counted twice. */
export function checkSums(
  { run, tally, unreadable }: SumFacts,
  models: readonly (readonly [string, ModelSummary])[],
): Problem[] {
  const problems: Problem[] = [];
  const planned = sum(Object.values(run.models));
  if (planned !== run.planned) {
    problems.push({ place: "sums", message: `run.json plans ${run.planned} records, its models ${planned}` });
  }
  let missing = 0;
  for (const [name, { coverage }] of models) {
    const counts = tally.models.get(name) ?? new ModelTally();
    missing += coverage.captured - counts.selected;
    const met = unreadable > 0 ? counts.selected <= coverage.captured : counts.selected === coverage.captured;
    if (!met) {
      const message = `the run selected ${coverage.captured} records of ${name}, compare found ${counts.selected}`;
      problems.push({ place: "sums", message });
    }
    const placed = coverage.compared + coverage.notComparable + counts.unanswered + counts.later;
    if (counts.selected !== placed || coverage.unpaired < 0) {
      problems.push({ place: "sums", message: `the counts of ${name} do not add up` });
    }
  }
  if (unreadable > 0 && missing !== unreadable) {
    problems.push({ place: "sums", message: `${missing} records are missing, unreadable objects hold ${unreadable}` });
  }
  if (tally.strays > 0) {
    const message = `${tally.strays} answers belong to no selected record, or answer one again`;
    problems.push({ place: `replays/${run.run}/`, message });
  }
  return problems;
}
