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
import { renderOutcome, renderSummary } from "./lib/report.ts";
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
    print(renderSummary(outcomes, seed));
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
    print(renderOutcome(outcome, run + 1, runs));
  }
  return outcomes;
}

// What runs for it ends with it: an exit runs the hooks of those processes, a signal alone does not.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main();
