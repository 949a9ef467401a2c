/** `gate --self-test`: whether the comparison and the gate would see what they are there to see. */
import { rulesHash } from "../../src/config/models.ts";
import { CutoverError, EXIT, type ExitCode } from "../../src/errors.ts";
import { resolveRun } from "../../src/lake/run.ts";
import { compilePattern } from "../../src/match.ts";
import type { Stage } from "../../src/session.ts";
import { loadFunctions } from "../functions.ts";
import { createModelTable, utcDay } from "../models.ts";
import { waivesOf } from "../waive.ts";
import { type ModelSelfTest, testModel } from "./model.ts";
import { sampleAnswers } from "./sample.ts";

export interface SelfTestOptions {
  readonly run?: string | undefined;
  /** Patterns of the models to test; all when none is given. */
  readonly models?: readonly string[] | undefined;
}

export interface SelfTest {
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  /** Green: identity holds everywhere, nothing is missed, and of every gated model something is caught. */
  readonly ok: boolean;
  readonly models: Readonly<Record<string, ModelSelfTest>>;
  /** Models of the run without a successful legacy answer to try: not green. */
  readonly untested: readonly string[];
  readonly exitCode: ExitCode;
}

export const selfTestStage: Stage<SelfTestOptions, SelfTest> = async (session, options) => {
  const { config, store, clock, signal, log } = session;
  const run = await resolveRun(store, options.run);
  const today = utcDay(clock.now());
  const table = createModelTable(config, today, await loadFunctions(config, log));
  const planned = Object.keys(run.models).sort();
  const gatedModels = planned.filter((name) => table.resolved(name).gate !== null).length;
  const matchers = (options.models ?? []).map(compilePattern);
  const wanted = (name: string): boolean => matchers.length === 0 || matchers.some((matches) => matches(name));
  const names = planned.filter(wanted);
  if (names.length === 0) {
    throw new CutoverError("USAGE", "no model of the run matches --model", {
      place: `run ${run.run}`,
      expected: `one of ${planned.slice(0, 8).join(", ")}`,
      received: (options.models ?? []).join(", "),
    });
  }
  const samples = await sampleAnswers(store, run, wanted, signal);
  const tested = names.flatMap((name): [string, ModelSelfTest][] => {
    const rows = samples.get(name) ?? [];
    if (rows.length === 0) return [];
    const under = { resolved: table.resolved(name), compiled: table.compiled(name), gatedModels, today };
    return [[name, testModel({ ...under, waives: waivesOf(config, today) }, rows)]];
  });
  const untested = names.filter((name) => !samples.has(name));
  const ok = untested.length === 0 && tested.every(([, model]) => model.ok);
  return {
    run: run.run,
    rules: rulesHash(config).slice(0, 12),
    ok,
    models: Object.fromEntries(tested),
    untested,
    exitCode: tested.length === 0 ? EXIT.nothing : ok ? EXIT.pass : EXIT.fail,
  };
};
