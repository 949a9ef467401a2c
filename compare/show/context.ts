/** What showing needs of the config: rules made ready, their lines, waivers. */
import { readFile } from "node:fs/promises";
import type { ResolvedModel } from "../../src/config/models.ts";
import type { Session } from "../../src/session.ts";
import { type ConfigPath, type Place, rulePath } from "../ci/places.ts";
import { NO_DIFFS } from "../diffs.ts";
import { loadFunctions } from "../functions.ts";
import { Groups } from "../groups.ts";
import { fieldOfPath } from "../json/path.ts";
import { createModelTable, type ModelTable, utcDay } from "../models.ts";
import { Findings, type NamedFinding } from "../triage/findings.ts";
import type { PairResult } from "../types.ts";
import { type Waives, waivesOf } from "../waive.ts";
import { ruleText } from "./rule-words.ts";

export interface ShowContext {
  readonly table: ModelTable;
  readonly waives: Waives;
  /** Findings with the fingerprints that diffs and summary name them by. */
  readonly named: (model: string, result: PairResult) => NamedFinding[];
  /** The rule of a type that judged at a path. */
  readonly ruleAt: (model: string, path: string, type: string) => PlacedRule;
  /** Line of a path of the config file; null without a file. */
  readonly placeOf: (path: ConfigPath) => Place | null;
}

export interface PlacedRule {
  /** In words, with its parameters. */
  readonly rule: string;
  /** `models."*".rules[2]`; null where no config says it. */
  readonly at: string | null;
  readonly place: Place | null;
}

export async function openContext(session: Session): Promise<ShowContext> {
  const { config, clock, log } = session;
  const today = utcDay(clock.now());
  const table = createModelTable(config, today, await loadFunctions(config, log));
  const waives = waivesOf(config, today);
  const findings = new Findings(waives, new Groups(), NO_DIFFS);
  const { lineOf, file } = await configLines(session);
  const placeOf = (path: ConfigPath): Place | null => (file === undefined ? null : { file, line: lineOf(path) });
  return {
    table,
    waives,
    named: (model, result) => findings.keyed(model, result),
    ruleAt: (model, path, type) => {
      const at = rulePath(config, model, fieldOfPath(path), type);
      if (at === null) return { rule: type, at: null, place: null };
      const rule = ruleOf(table.resolved(model), at);
      return { rule: rule === undefined ? type : ruleText(rule), at: configText(at), place: placeOf(at) };
    },
    placeOf,
  };
}

function ruleOf(
  { rules }: ResolvedModel,
  [, pattern, , index]: ConfigPath,
): ResolvedModel["rules"][number]["rule"] | undefined {
  return rules.find((rule) => rule.pattern === pattern && rule.index === index)?.rule;
}

/** `models."*".rules[2]` */
export function configText(path: ConfigPath): string {
  return path
    .map((key, i) =>
      typeof key === "number" ? `[${key}]` : i === 1 ? `.${JSON.stringify(key)}` : i === 0 ? key : `.${key}`,
    )
    .join("");
}

async function configLines({ configFile }: Session): Promise<{ file?: string; lineOf: (path: ConfigPath) => number }> {
  if (configFile === undefined) return { lineOf: () => 0 };
  // The YAML parser is loaded only here, so that --help need not wait for it.
  const { parseConfigDocument } = await import("../../src/config/document.ts");
  return { file: configFile, lineOf: parseConfigDocument(await readFile(configFile, "utf8")).lineOf };
}
