/**
 * `run --sequential`: layer after layer is replayed and looked at, until every verdict is certain. What a look sees is
 * whole layers alone, whatever else is stored, so a run that was stopped ends as one that was not.
 */
import { resolveModel, rulesHash } from "../../src/config/models.ts";
import { isCap, type Run, readRun } from "../../src/lake/run.ts";
import {
  type InLayers,
  inLayers,
  LAYERS,
  readSequence,
  type Sequence,
  writeSequence,
} from "../../src/lake/sequence.ts";
import type { Session } from "../../src/session.ts";
import { compareStage } from "../run-compare.ts";
import type { ModelSummary } from "../summary.ts";

/** Pins the run, asks which of its records to send now, and sends those that have no result. */
export type ReplayLayer<Result> = (layer: (run: Run) => Promise<InLayers>) => Promise<Result>;

/** Resolves with the result of the last layer; compare and gate then say what was found. */
export async function runSequential<Result extends { readonly run: string }>(
  session: Session,
  replay: ReplayLayer<Result>,
): Promise<Result> {
  for (;;) {
    let sequence: Sequence | undefined;
    const result = await replay(async (run) => {
      sequence = await nextLayer(session, run);
      return inLayers(sequence);
    });
    const run = await readRun(session.store, result.run);
    const layer = sequence ?? (await nextLayer(session, run));
    const { models, coverage } = await compareStage(session, { run: run.run, look: layer, threads: "auto" });
    // A layer that a cap cut short is not looked at: the same command goes on in it.
    if (Object.keys(coverage.skippedBy).some(isCap)) return result;
    const decided = decidedBy(models, layer);
    await writeSequence(session.store, run.run, { ...layer, decided });
    const open = undecided(session, run, decided);
    session.log.info("looked", { records: `1/${1 / layer.below}`, decided: Object.keys(decided).length, open });
    if (layer.below >= 1 || open === 0) return result;
  }
}

/** After a plain replay of a run that was sequential all records count; the looks taken so far were taken all the same. */
export async function leaveLayers(session: Session, run: string): Promise<void> {
  const sequence = await readSequence(session.store, run);
  if (sequence) await writeSequence(session.store, run, { ...sequence, below: 1, decided: {} });
}

/** The layer to replay: the first, the one after the last that was looked at, or, when all is decided, that again. */
async function nextLayer(session: Session, run: Run): Promise<Sequence> {
  const rules = rulesHash(session.config);
  const before = await readSequence(session.store, run.run);
  // Other rules judge anew, from the first layer on; what is stored already is not sent again.
  if (before?.rules !== rules) return { version: 1, rules, below: LAYERS[0] as number, decided: {} };
  if (undecided(session, run, before.decided) === 0) return before;
  return { ...before, below: LAYERS.find((share) => share > before.below) ?? 1 };
}

function decidedBy(models: Readonly<Record<string, ModelSummary>>, { below, decided }: Sequence): Sequence["decided"] {
  const added = Object.entries(models).filter(([name, model]) => !(name in decided) && isCertain(model));
  return { ...decided, ...Object.fromEntries(added.map(([name]) => [name, below])) };
}

/** What more records could not turn: a pass, a rate above its limit for sure, a critical difference. */
export function isCertain({ n, limit, evidence, verdict, lower, critical = 0 }: ModelSummary): boolean {
  if (n === 0 || limit === null || evidence === "census" || verdict === "error") return false;
  return verdict === "pass" || lower > limit || critical > 0;
}

/** Models with a gate whose verdict is not certain yet. */
export function undecided({ config }: Session, run: Run, decided: Sequence["decided"]): number {
  const gated = Object.keys(run.models).filter((name) => resolveModel(config, name).gate !== null);
  return gated.filter((name) => !Object.hasOwn(decided, name)).length;
}
