/** One kind of fault under one seed, from an empty store to what does not hold. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Kind } from "../kinds/kind.ts";
import { type Figures, figuresOf } from "./check.ts";
import { Trial, type TrialOptions } from "./trial.ts";

export interface Outcome extends Figures {
  readonly kind: string;
  readonly seed: number;
  readonly seconds: number;
  /** Kind of fault → how often it was done. */
  readonly faults: ReadonlyMap<string, number>;
  readonly starts: number;
  /** What does not hold; empty when all does. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

export async function runTrial(
  kind: Kind,
  { keep, ...options }: Omit<TrialOptions, "name"> & { readonly keep?: string },
): Promise<Outcome> {
  const started = performance.now();
  const { world, seed } = options;
  const trial = new Trial({ ...options, name: `${kind.name}-${seed}-${Date.now().toString(36)}` });
  const failures: string[] = [];
  try {
    await trial.open();
    await kind.run(trial);
    failures.push(...(await trial.settle()));
  } catch (error) {
    failures.push(`the run itself failed: ${(error as Error).stack}`, ...(await trial.lastWords()));
    await world.calm();
  } finally {
    if (failures.length > 0 && keep !== undefined) failures.push(`kept: ${await keepTraces(trial, keep)}`);
    await trial.close();
  }
  return {
    kind: kind.name,
    seed,
    seconds: (performance.now() - started) / 1000,
    faults: trial.faults,
    starts: trial.members.length,
    failures,
    notes: trial.notes,
    ...figuresOf(trial),
  };
}

/** What every member said, and the store as it was found, for the person who looks into a failure. */
async function keepTraces(trial: Trial, folder: string): Promise<string> {
  const to = join(folder, trial.name);
  await mkdir(to, { recursive: true });
  for (const { client, stdout, stderr } of trial.members)
    await writeFile(join(to, `${client}.log`), `${stderr}\n${stdout}`);
  await cp(trial.storeFolder, join(to, "store"), { recursive: true }).catch(() => {});
  return to;
}
