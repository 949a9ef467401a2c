/** What comes first in a report, and what a verdict is called. */
import type { Group, ModelSummary, Summary, Verdict } from "../summary.ts";

const URGENCY: Readonly<Record<Verdict, number>> = { error: 0, fail: 1, inconclusive: 2, pass: 3 };

/** Models that need a look first: by verdict, then by mismatch rate, then by name. */
export function modelsInOrder(models: Summary["models"]): [string, ModelSummary][] {
  return Object.entries(models).sort(
    ([nameA, a], [nameB, b]) =>
      URGENCY[a.verdict] - URGENCY[b.verdict] || b.rate - a.rate || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
}

/** The most frequent first; ties in a fixed order. */
export function groupsInOrder(groups: readonly Group[]): Group[] {
  return [...groups].sort(
    (a, b) => b.count - a.count || (`${a.model} ${a.fingerprint}` < `${b.model} ${b.fingerprint}` ? -1 : 1),
  );
}

/** Nothing compared has an exit code of its own, and a name of its own. */
export function verdictName(summary: Pick<Summary, "verdict" | "exitCode">): string {
  return summary.exitCode === 4 ? "NOTHING COMPARED" : summary.verdict.toUpperCase();
}
