/** What holds for one model: every matching pattern applies, in the order written; the first to say a thing wins. */
import { canonicalJson, sha256Hex } from "../hash.ts";
import { compilePattern } from "../match.ts";
import { GATE_DEFAULTS, type Gate, type Rule, type WrittenGate } from "./rules.ts";
import type { Config } from "./schema.ts";

export interface ResolvedRule {
  readonly rule: Rule;
  /** Pattern and index in its `rules`: where a message points the reader. */
  readonly pattern: string;
  readonly index: number;
}

/** A path whose values are not to be shown, and where it is written. */
export interface ResolvedMask {
  readonly path: string;
  readonly pattern: string;
  readonly index: number;
}

export interface ResolvedModel {
  readonly model: string;
  /** In order of precedence: among rules of one type on one path the first wins. */
  readonly rules: readonly ResolvedRule[];
  /** Judges every path without a rule; null: such a path makes the verdict an error. */
  readonly default: "exact" | null;
  /** Null when no pattern gives the model a gate: it is compared and shown, and decides nothing. */
  readonly gate: Gate | null;
  /** Of all matching patterns; absent when none names any. */
  readonly masks?: readonly ResolvedMask[];
}

export function resolveModel(config: Config, model: string): ResolvedModel {
  const rules: ResolvedRule[] = [];
  const masks: ResolvedMask[] = [];
  let fallback: "exact" | null = null;
  let written = null as Partial<Gate> | null;
  for (const pattern of config.modelPatterns) {
    const settings = config.models[pattern];
    if (!settings || !compilePattern(pattern)(model)) continue;
    settings.rules.forEach((rule, index) => {
      rules.push({ rule, pattern, index });
    });
    settings.mask?.forEach((path, index) => {
      masks.push({ path, pattern, index });
    });
    fallback ??= settings.default ?? null;
    if (settings.gate) written = { ...definedOnly(settings.gate), ...written };
  }
  const gate = written === null ? null : { ...GATE_DEFAULTS, ...written };
  return { model, rules, default: fallback, gate, ...(masks.length > 0 ? { masks } : {}) };
}

/** Without the members that are undefined, which would hide what a later pattern says. */
function definedOnly(gate: WrittenGate): Partial<Gate> {
  return Object.fromEntries(Object.entries(gate).filter(([, value]) => value !== undefined));
}

/**
 * sha256 of everything that judges: rules, defaults, gates, the order of patterns, waivers, what the modules of custom
 * rules hold, and the prices that a limit of cost is held against; and of masks, since findings are stored masked.
 * First 12 hex in keys.
 */
export function rulesHash(config: Config): string {
  const patterns = config.modelPatterns.map((pattern) => [pattern, config.models[pattern]]);
  if (config.waiverFault) throw config.waiverFault;
  const { waiverList: waivers = [] } = config;
  const modules = Object.entries(config.ruleModules ?? {}).map(([name, { sha256 }]) => [name, sha256]);
  const judgesCost = config.modelPatterns.some((pattern) => config.models[pattern]?.gate?.maxCostPer1000 !== undefined);
  const prices = judgesCost ? Object.entries(config.targets).map(([name, { price }]) => [name, price ?? null]) : [];
  const beside = { waivers, modules, ...(prices.length > 0 ? { prices: prices.sort() } : {}) };
  if (Object.values(beside).every((part) => part.length === 0)) return sha256Hex(canonicalJson(patterns));
  return sha256Hex(canonicalJson({ patterns, ...beside }));
}
