/**
 * `npm run soak -- [--runs 200] [--seed N] [--minutes M] [--only KIND] [--keep DIR] [--tree DIR] [--sabotage]`: seeded runs over all kinds
 * of fault, one line a run, a summary at the end, exit 1 when anything does not hold. A failure is told with its
 * kind and seed: `--only KIND --seed N --runs 1` does it again.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KINDS } from "./kinds/all.ts";
import { dice } from "./lib/dice.ts";
import { type Outcome, runTrial } from "./lib/run.ts";
import { sabotage } from "./lib/sabotage.ts";
import { lacking, startWorld, type World } from "./lib/world.ts";
import { MUTATIONS } from "./mutations.ts";

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const print = (message: string): void => void process.stdout.write(`${message}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "200" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      minutes: { type: "string", default: "120" },
      only: { type: "string" },
      sabotage: { type: "boolean", default: false },
      tree: { type: "string" },
      keep: { type: "string", default: join(tmpdir(), "cutover-soak") },
    },
  });
  const known = KINDS.map(({ kind }) => kind.name);
  const only = values.only?.split(",");
  const unknown = only?.find((name) => !known.includes(name));
  const [runs, seed, minutes] = [Number(values.runs), Number(values.seed), Number(values.minutes)];
  if (unknown !== undefined || ![runs, seed, minutes].every(Number.isFinite)) {
    say(`usage: npm run soak -- [--runs N] [--seed N] [--minutes M] [--only ${known.join(",")}] [--sabotage]`);
    return 2;
  }
  const lacks = await lacking();
  if (lacks.length > 0) {
    say(`the soak needs what is not here:\n${lacks.join("\n")}`);
    return 2;
  }
  const world = await startWorld(say);
  try {
    if (values.sabotage) return await soakSabotage(world, seed);
    const outcomes = await soak(world, { runs, seed, minutes, only, keep: values.keep, tree: values.tree });
    print(summary(outcomes, seed));
    return outcomes.every(({ failures }) => failures.length === 0) && outcomes.length > 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}

/** Every mutation, each until the checks have seen it. */
async function soakSabotage(world: World, seed: number): Promise<number> {
  let missed = 0;
  for (const [n, mutation] of MUTATIONS.entries()) {
    const { tries, failures, seconds } = await sabotage(world, mutation, seed);
    const verdict = failures.length > 0 ? "caught" : "MISSED";
    if (failures.length === 0) missed++;
    const head = `${n + 1}/${MUTATIONS.length} ${verdict} by ${mutation.kind.name}, seed ${seed + tries - 1}, ${seconds.toFixed(1)} s: ${mutation.name}`;
    print(`${head}\n  ${failures[0]?.split("\n")[0] ?? "nothing was wrong"}`);
  }
  print(`${MUTATIONS.length} mutations from seed ${seed}: ${missed} missed`);
  return missed === 0 ? 0 : 1;
}

interface Plan {
  readonly runs: number;
  readonly seed: number;
  readonly minutes: number;
  readonly only: readonly string[] | undefined;
  /** Another checkout to run; this one when undefined. */
  readonly tree: string | undefined;
  /** Where the traces of failed runs are kept. */
  readonly keep: string;
}

/** The n-th run has the seed of the soak plus n; its kind comes from a deck that holds each as often as it weighs. */
async function soak(world: World, { runs, seed, minutes, only, keep, tree }: Plan): Promise<Outcome[]> {
  const deck = KINDS.filter(({ kind }) => only?.includes(kind.name) ?? true);
  const cards = deck.flatMap(({ kind, weight }) => Array.from({ length: weight }, () => kind));
  const outcomes: Outcome[] = [];
  const until = performance.now() + minutes * 60_000;
  let hand: (typeof cards)[number][] = [];
  const random = dice(seed);
  for (let run = 0; run < runs && performance.now() < until; run++) {
    if (hand.length === 0) hand = random.shuffle(cards);
    const kind = hand.pop();
    if (kind === undefined) break;
    const outcome = await runTrial(kind, {
      world,
      seed: seed + run,
      keep,
      ...(tree === undefined ? {} : { bin: join(tree, "src/bin.ts") }),
    });
    outcomes.push(outcome);
    print(line(outcome, run + 1, runs));
  }
  return outcomes;
}

function line(outcome: Outcome, run: number, runs: number): string {
  const { kind, seed, seconds, starts, objects, positions, failures, notes } = outcome;
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  const faults = [...outcome.faults].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  const head = `${String(run).padStart(String(runs).length)}/${runs} ${verdict} ${kind.padEnd(8)} seed ${seed}  ${seconds.toFixed(1)} s  ${starts} starts, ${objects} objects, ${positions} positions; ${faults}`;
  if (failures.length === 0) return head;
  return `${head}\n${[...notes.map((note) => `note: ${note}`), ...failures].map((text) => `  ${text.replaceAll("\n", "\n  ")}`).join("\n")}`;
}

function summary(outcomes: readonly Outcome[], seed: number): string {
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

// What runs for it ends with it: an exit runs the hooks of those processes, a signal alone does not.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main();
