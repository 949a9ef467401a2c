/** Whether the checks see a mutation: its kind is run over seeds until one of them fails. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Mutation } from "../mutations.ts";
import { runTrial } from "./run.ts";
import { mutatedTree } from "./tree.ts";
import type { World } from "./world.ts";

export interface Caught {
  readonly name: string;
  /** Seeds tried, the last of which saw it unless `failures` is empty. */
  readonly tries: number;
  /** What the checks said of the last. */
  readonly failures: readonly string[];
  readonly seconds: number;
}

/** Chance decides over a race; so many seeds may miss it. */
const TRIES_MAX = 5;
const MESSAGES = 1_500;
const MEMBER_MS = 45_000;

export async function sabotage(world: World, { name, edits, kind }: Mutation, seed: number): Promise<Caught> {
  const started = performance.now();
  const folder = join(world.folder, `tree-${Date.now().toString(36)}`);
  const bin = await mutatedTree(folder, edits);
  let tries = 0;
  let failures: readonly string[] = [];
  while (failures.length === 0 && tries < TRIES_MAX) {
    const options = { world, seed: seed + tries, bin, messages: MESSAGES, memberMs: MEMBER_MS };
    failures = (await runTrial(kind, options)).failures;
    tries++;
    // A run that could not be done is no proof of anything.
    const broken = failures.find((failure) => failure.startsWith("the run itself failed"));
    if (broken !== undefined) throw new Error(`${name}: ${failures.join("\n")}`);
  }
  await rm(folder, { recursive: true, force: true });
  return { name, tries, failures, seconds: (performance.now() - started) / 1000 };
}
