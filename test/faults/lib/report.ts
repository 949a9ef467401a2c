/** What the soak says of a run, and of all of them. */
import type { Outcome } from "./run.ts";

/** One line; of a failure all that is known. */
export function renderOutcome(outcome: Outcome, run: number, runs: number): string {
  const { kind, seed, seconds, starts, objects, positions, failures, notes } = outcome;
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  const faults = [...outcome.faults].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  const head = `${String(run).padStart(String(runs).length)}/${runs} ${verdict} ${kind.padEnd(8)} seed ${seed}  ${seconds.toFixed(1)} s  ${starts} starts, ${objects} objects, ${positions} positions; ${faults}`;
  if (failures.length === 0) return head;
  return `${head}\n${[...notes.map((note) => `note: ${note}`), ...failures].map((text) => `  ${text.replaceAll("\n", "\n  ")}`).join("\n")}`;
}

export function renderSummary(outcomes: readonly Outcome[], seed: number): string {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const faults = new Map<string, number>();
  for (const outcome of outcomes)
    for (const [name, count] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + count);
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  return [
    `${outcomes.length} runs from seed ${seed} in ${(sum(({ seconds }) => seconds) / 60).toFixed(1)} minutes: ${failed.length} failed`,
    `  runs by kind: ${counted(outcomes.map(({ kind }) => kind))}`,
    `  faults: ${[...faults]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
    `  ${sum(({ starts }) => starts)} starts, ${sum(({ objects }) => objects)} objects, ${sum(({ positions }) => positions)} positions`,
    ...failed.map(
      ({ kind, seed: at, failures }) =>
        `  failed: --only ${kind} --seed ${at} --runs 1: ${failures[0]?.split("\n")[0]}`,
    ),
  ].join("\n");
}

function counted(names: readonly string[]): string {
  const counts = Map.groupBy(names, (name) => name);
  return [...counts].map(([name, all]) => `${name} ${all.length}`).join(", ");
}
