/**
 * `cutover tolerance`: per field the smallest tolerance for some mismatch rates. The run is judged once more, with
 * every rule for numbers brought down to none, so that the rules in force hide nothing. Writes nothing.
 */
import type { Rule } from "../src/config/rules.ts";
import type { Config } from "../src/config/schema.ts";
import { CutoverError } from "../src/errors.ts";
import { resolveRun } from "../src/lake/run.ts";
import { compileSelection } from "../src/lake/selection.ts";
import { LIMITS } from "../src/limits.ts";
import { Vectors } from "../src/parquet/vectors.ts";
import type { Session, Stage } from "../src/session.ts";
import { RunTally } from "./accumulate/tally.ts";
import { loadFunctions } from "./functions.ts";
import { listInputs } from "./inputs.ts";
import { createModelTable, utcDay } from "./models.ts";
import { Answers } from "./pairing.ts";
import { RepeatedIds } from "./repeated-ids.ts";
import type { Problem } from "./summary.ts";
import { NeedsCollector } from "./tolerance/collect.ts";
import { type FieldNeeds, RATES } from "./tolerance/needs.ts";
import { compareUnit, type UnitContext } from "./unit.ts";

export interface ToleranceOptions {
  /** Default: the run created last. */
  readonly run?: string | undefined;
}

export interface FieldTolerance {
  /** Pairs that differ at all, and those of them that no tolerance mends. */
  readonly pairs: number;
  readonly stuck: number;
  /** One a rate, in the order of `rates`: the smallest beside 0 for the other; null when there is none. */
  readonly atol: readonly (number | null)[];
  readonly rtol: readonly (number | null)[];
}

export interface ToleranceReport {
  readonly run: string;
  readonly rates: readonly number[];
  readonly models: Readonly<
    Record<string, { readonly n: number; readonly fields: Readonly<Record<string, FieldTolerance>> }>
  >;
}

export const toleranceStage: Stage<ToleranceOptions, ToleranceReport> = async (session, options) => {
  const { config, store, signal } = session;
  const run = await resolveRun(store, options.run);
  const collector = new NeedsCollector((model) => run.models[model] ?? 0);
  const functions = await loadFunctions(config, session.log);
  const table = createModelTable(withoutTolerance(config), utcDay(session.clock.now()), functions);
  const inputs = await listInputs(store, run, signal);
  const context: UnitContext = {
    store,
    run: run.run,
    rules: "",
    selects: compileSelection(run.query, run.limits),
    layers: undefined,
    modelOf: table.compiled,
    answers: new Answers(LIMITS.compareBufferBytes),
    repeated: new RepeatedIds(),
    columns: new Vectors(),
    // A waived difference is one all the same: the tolerance is to do without the waiver.
    waives: { applies: new Set(), expired: new Set() },
    signal,
    createWriter: () => collector,
  };
  const tally = new RunTally();
  for (const [at, unit] of inputs.units.entries()) {
    signal.throwIfAborted();
    const result = await compareUnit(context, unit);
    refuse(result.problems, run.run);
    tally.merge(result.tally);
    session.log.progress("judged", { objects: at + 1, of: inputs.units.length });
  }
  return report(session, run.run, tally, collector);
};

/** Numbers are compared as written, and paths without a rule exactly, so that every difference is seen. */
function withoutTolerance(config: Config): Config {
  const models = Object.entries(config.models).map(([pattern, settings]) => {
    const rules = settings.rules.map((rule): Rule => {
      if (rule.type !== "number" && rule.type !== "ulp" && rule.type !== "decimal") return rule;
      const { path, weight, critical, coerce } = rule;
      const width = rule.type === "decimal" ? 64 : rule.width;
      return { path, weight, critical, coerce, type: "number", atol: 0, rtol: 0, width };
    });
    // A tolerance tells nothing of a single value, and needs them all.
    return [pattern, { ...settings, rules, default: "exact" as const, mask: undefined }];
  });
  return { ...config, models: Object.fromEntries(models) };
}

/** A tolerance of a part of the pairs would be too small for the rest. */
function refuse(problems: readonly Problem[], run: string): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new CutoverError("COMPARE_INCOMPLETE", `the run cannot be judged whole: ${first.message}`, {
    place: first.place,
    hint: `cutover compare --run ${run} tells all that is wrong`,
  });
}

function report({ log }: Session, run: string, tally: RunTally, collector: NeedsCollector): ToleranceReport {
  const models = [...tally.models]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([model, counts]) => {
      if ((counts.warnings.get("findings_cut") ?? 0) > 0) {
        log.warn("some pairs have more differences than are kept: their tolerances may be larger", {
          model,
          kept: LIMITS.findingsPerPair,
        });
      }
      const n = counts.match + counts.mismatch + counts.ignored;
      const fields = [...(collector.byModel.get(model) ?? [])]
        .filter(([, needs]) => needs.stuck < needs.pairs)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, needs]) => [path, toTolerance(needs, n)] as const);
      return [model, { n, fields: Object.fromEntries(fields) }] as const;
    });
  return { run, rates: RATES, models: Object.fromEntries(models) };
}

function toTolerance(needs: FieldNeeds, n: number): FieldTolerance {
  return {
    pairs: needs.pairs,
    stuck: needs.stuck,
    atol: RATES.map((rate) => needs.atol(rate, n)),
    rtol: RATES.map((rate) => needs.rtol(rate, n)),
  };
}
