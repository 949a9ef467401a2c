/**
 * Which models a number of a gate is for. In the config every matching pattern applies and the first to say a thing
 * wins; in Datadog a monitor watches the models of a filter. So each number gets a filter of its pattern without the
 * patterns before it that say something else.
 */
import { GATE_DEFAULTS, type Gate } from "../../src/config/rules.ts";
import type { Config } from "../../src/config/schema.ts";

/** Models of one of each of `all`, and of none of `not`. */
export interface Scope {
  readonly all: readonly (readonly string[])[];
  readonly not: readonly string[];
}

export interface Limit<T> {
  /** Patterns that the number stands for, as a person reads them. */
  readonly patterns: readonly string[];
  readonly scope: Scope;
  readonly value: T;
}

/** Every value of a member of the gates with the models it holds for; models without a gate have none. */
export function limitsOf<K extends keyof Gate>(config: Config, member: K): Limit<NonNullable<Gate[K]>>[] {
  const gated = config.modelPatterns.filter((pattern) => config.models[pattern]?.gate !== undefined);
  const limits: Limit<NonNullable<Gate[K]>>[] = [];
  const before: string[] = [];
  const add = (patterns: readonly string[], value: Gate[K] | undefined): void => {
    if (value === null || value === undefined) return;
    const scope = simplify({ all: [patterns], not: before });
    if (scope !== null) limits.push({ patterns, scope, value });
  };
  for (const pattern of gated) {
    const value = config.models[pattern]?.gate?.[member] as Gate[K] | undefined;
    if (value === undefined) continue;
    add([pattern], value);
    before.push(pattern);
  }
  const silent = gated.filter((pattern) => !before.includes(pattern));
  if (silent.length > 0) add(silent, GATE_DEFAULTS[member]);
  return limits;
}

/** Both; null where no model can be in both. */
export function both(a: Scope, b: Scope): Scope | null {
  return simplify({ all: [...a.all, ...b.all], not: [...a.not, ...b.not] });
}

/** Without what says nothing; null where it holds for no model. Cautious: what is not plainly empty stays. */
function simplify({ all, not }: Scope): Scope | null {
  if (not.includes("*")) return null;
  const kept: string[][] = [];
  for (const group of all) {
    const alive = group.filter((pattern) => !not.includes(pattern));
    if (alive.length === 0) return null;
    if (alive.includes("*")) continue;
    if (!kept.some((other) => other.join("\n") === alive.join("\n"))) kept.push(alive);
  }
  const meets = (a: readonly string[], b: readonly string[]): boolean => a.some((x) => b.some((y) => mayMeet(x, y)));
  for (const [i, group] of kept.entries()) if (kept.slice(i + 1).some((other) => !meets(group, other))) return null;
  const without = [...new Set(not)].filter((pattern) => kept.every((group) => meets(group, [pattern])));
  return { all: kept, not: without };
}

/** False where two patterns have no name in common, judged by what stands before their first star. */
function mayMeet(a: string, b: string): boolean {
  const [x = "", y = ""] = [a.split("*", 1)[0], b.split("*", 1)[0]];
  return (a.includes("*") ? y.startsWith(x) : false) || (b.includes("*") ? x.startsWith(y) : false) || a === b;
}
