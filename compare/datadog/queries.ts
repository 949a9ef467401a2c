/** Datadog's query language, as far as monitors and dashboard need it. */
import type { Config } from "../../src/config/schema.ts";
import { tagValue } from "../../src/metric-text.ts";
import type { Scope } from "./scopes.ts";

/** Names and filters as the config of metrics has them. */
export interface Naming {
  /** `compared` → `cutover.compared` */
  metric(name: string): string;
  /** Tags that every metric of this config has, `env:ci`. */
  readonly tags: readonly string[];
  /** Filter of what a target answered; undefined where the config has only targets to watch. */
  readonly targets: readonly string[] | undefined;
}

export function namingOf(config: Config, targets: readonly string[]): Naming {
  const { prefix, tags } = config.metrics.dogstatsd ?? { prefix: "cutover", tags: {} };
  const before = prefix === "" ? "" : `${prefix.replace(/\.$/, "")}.`;
  const all = Object.keys(config.targets);
  const watched = targets.length > 0 ? targets : all.filter((name) => config.targets[name]?.production !== true);
  return {
    metric: (name) => before + name,
    tags: Object.entries(tags)
      .map(([name, value]) => `${tagValue(name).replaceAll(":", "_")}:${tagValue(value)}`)
      .sort(),
    targets: watched.length === 0 || watched.length === all.length ? undefined : [...watched].sort(),
  };
}

/** `env:ci AND target:candidate AND model:client-a/* AND NOT model:client-a/x`; `*` where nothing narrows it. */
export function filter({ tags, targets }: Naming, models: Scope = { all: [], not: [] }, ofTargets = true): string {
  const target = ofTargets && targets !== undefined ? [oneOf("target", targets.map(tagValue))] : [];
  const terms = [
    ...tags,
    ...target,
    ...models.all.map((group) => oneOf("model", group.map(tagPattern))),
    ...models.not.map((pattern) => `NOT model:${tagPattern(pattern)}`),
  ];
  return terms.length === 0 ? "*" : terms.join(" AND ");
}

function oneOf(tag: string, values: readonly string[]): string {
  const terms = values.map((value) => `${tag}:${value}`);
  return terms.length === 1 ? (terms[0] as string) : `(${terms.join(" OR ")})`;
}

/** A pattern of models as their tags match it; a star stands for the same in both. */
function tagPattern(pattern: string): string {
  return pattern
    .split("*")
    .map((part) => (part === "" ? "" : tagValue(part)))
    .join("*");
}

/** Digits without an exponent: the query language has none. */
export function decimal(value: number): string {
  const [digits = "", exponent = "0"] = String(value).split("e");
  const shift = Number(exponent);
  if (shift === 0) return digits;
  const [whole = "", fraction = ""] = digits.split(".");
  if (shift > 0) {
    const moved = fraction.padEnd(shift, "0");
    return moved.length > shift ? `${whole}${moved.slice(0, shift)}.${moved.slice(shift)}` : `${whole}${moved}`;
  }
  const moved = whole.padStart(1 - shift, "0");
  return `${moved.slice(0, shift)}.${moved.slice(shift)}${fraction}`;
}
