/** Where in the config a person has to look: the rule that judged a field, or the gate of a model. */
import { resolveModel } from "../../src/config/models.ts";
import type { Config } from "../../src/config/schema.ts";
import { compilePattern } from "../../src/match.ts";
import { type PathStep, parsePath } from "../json/path.ts";

/** Keys from the root of the config. */
export type ConfigPath = readonly (string | number)[];

/** A line of the config file; null when there is no file, or nothing in it is about the model. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Places of findings and verdicts, for reporters. */
export interface Places {
  ofField(model: string, field: string, ruleType: string): Place | null;
  ofGate(model: string): Place | null;
}

export const NO_PLACES: Places = { ofField: () => null, ofGate: () => null };

/** `lineOf` gives the 1-based line of a path of the file. */
export function placesIn(config: Config, file: string, lineOf: (path: ConfigPath) => number): Places {
  const place = (path: ConfigPath | null): Place | null => (path === null ? null : { file, line: lineOf(path) });
  return {
    ofField: (model, field, ruleType) => place(rulePath(config, model, field, ruleType)),
    ofGate: (model) => place(settingPath(config, model, "gate")),
  };
}

/** The rule of that type that stands for the field: the first on its own path, else the first above it or deep. */
export function rulePath(config: Config, model: string, field: string, ruleType: string): ConfigPath | null {
  if (ruleType === "default") return settingPath(config, model, "default");
  const { rules } = resolveModel(config, model);
  const at = stepsOf(field);
  const same = rules.filter(({ rule }) => rule.type === ruleType);
  const standsFor = (exactly: boolean) =>
    same.find(({ rule }) => {
      const path = parsePath(rule.path, "");
      const length = exactly ? path.steps.length === at.length && !path.deep : path.steps.length <= at.length;
      return length && path.steps.every((step, i) => coversStep(step, at[i]));
    });
  const found = standsFor(true) ?? standsFor(false) ?? same[0];
  return found === undefined ? null : ["models", found.pattern, "rules", found.index];
}

/** Fields are printed as rules write them, or are `other`. */
function stepsOf(field: string): readonly PathStep[] {
  return field.startsWith("$") ? parsePath(field, "").steps : [];
}

/** Fields show `[*]` for every index. */
function coversStep(step: PathStep, at: PathStep | undefined): boolean {
  if (at === undefined) return false;
  if (at === "[*]") return step === "[*]" || "index" in step;
  return step !== "[*]" && "name" in step && "name" in at && step.name === at.name;
}

/** The first pattern that says it for the model; for want of one, the first that matches. */
function settingPath(config: Config, model: string, setting: "gate" | "default"): ConfigPath | null {
  const matching = config.modelPatterns.filter((pattern) => compilePattern(pattern)(model));
  const saying = matching.find((pattern) => config.models[pattern]?.[setting] !== undefined);
  if (saying !== undefined) return ["models", saying, setting];
  return matching[0] === undefined ? null : ["models", matching[0]];
}
