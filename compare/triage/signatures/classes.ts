/**
 * Classes that stand for one another: permuted, renamed, shifted by one, or all the same. Only pairs that differ are
 * seen here. Two classes that are mixed up at random look like two that are swapped, so what could be either is claimed
 * only where nearly every pair of the model differs.
 */
import { type Hypothesis, holdsForMost, SHARE_LEAST } from "./evidence.ts";
import type { ClassPair } from "./pairs.ts";

type Found = Hypothesis<ClassPair> | null;

/** Sampled pairs of a class below which it shows nothing. */
const SUPPORT_LEAST = 8;
/** Classes of legacy that show that something is the same whatever it says. */
const VARIED_LEAST = 3;
/** Share of the pairs of the model that differ in the field, from which two classes are swapped rather than mixed up. */
const SWAPPED_LEAST = 0.8;
/** Pairs of classes that a signature names. */
const NAMED_MOST = 6;

/** `rate`: findings of the field over compared pairs of the model. */
export function classSignature(pairs: readonly ClassPair[], rate: number): Found {
  const sources = sourcesOf(pairs);
  const supported = [...sources].filter(([, { pairs: n }]) => n >= SUPPORT_LEAST);
  return sameForAll(pairs, supported.length) ?? mapped(pairs, supported, rate);
}

interface Source {
  /** Sampled pairs. */
  pairs: number;
  weight: number;
  readonly targets: Map<string, number>;
}

function sourcesOf(pairs: readonly ClassPair[]): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const { x, y, weight } of pairs) {
    const source = sources.get(x) ?? { pairs: 0, weight: 0, targets: new Map() };
    source.pairs++;
    source.weight += weight;
    source.targets.set(y, (source.targets.get(y) ?? 0) + weight);
    sources.set(x, source);
  }
  return sources;
}

function sameForAll(pairs: readonly ClassPair[], varied: number): Found {
  const value = pairs[0]?.y;
  if (value === undefined || varied < VARIED_LEAST) return null;
  const targets = sourcesOf(pairs.map(({ x, y, weight }) => ({ x: y, y: x, weight })));
  const [[most] = []] = [...targets].sort(([a, one], [b, other]) => other.weight - one.weight || (a < b ? -1 : 1));
  if (most === undefined) return null;
  const holds = ({ y }: ClassPair): boolean => y === most;
  return holdsForMost(pairs, holds) ? { name: "constant_default", parameters: { value: most }, holds } : null;
}

function mapped(pairs: readonly ClassPair[], supported: readonly [string, Source][], rate: number): Found {
  if (supported.length < 2) return null;
  const mapping = new Map<string, string>();
  for (const [from, { weight, targets }] of supported) {
    const [[to, most] = ["", 0]] = [...targets].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    if (most < SHARE_LEAST * weight) return null;
    mapping.set(from, to);
  }
  if (new Set(mapping.values()).size < mapping.size) return null;
  const holds = ({ x, y }: ClassPair): boolean => mapping.get(x) === y;
  if (!holdsForMost(pairs, holds) || !isBeyondDoubt(mapping, rate)) return null;
  const step = stepOf(mapping);
  if (step !== null) return { name: "off_by_one", parameters: { offset: step }, holds };
  const named = [...mapping].sort(([a], [b]) => (a < b ? -1 : 1)).map(([from, to]) => `${from}→${to}`);
  const more = named.length > NAMED_MOST ? ", …" : "";
  const parameters = { labels: mapping.size, mapping: `${named.slice(0, NAMED_MOST).join(", ")}${more}` };
  return { name: "permuted_labels", parameters, holds };
}

/** New names, or a cycle of three or more; else only where nearly all pairs differ. */
function isBeyondDoubt(mapping: ReadonlyMap<string, string>, rate: number): boolean {
  if (rate >= SWAPPED_LEAST) return true;
  const isRenamed = ![...mapping.values()].some((to) => mapping.has(to));
  if (isRenamed) return true;
  const isSwapped = [...mapping].some(([from, to]) => mapping.get(to) === from);
  return mapping.size >= VARIED_LEAST && !isSwapped;
}

/** Indexes, written as numbers or as the place of the largest value, all one up or all one down. */
function stepOf(mapping: ReadonlyMap<string, string>): number | null {
  if (mapping.size < VARIED_LEAST) return null;
  const steps = new Set([...mapping].map(([from, to]) => indexOf(to) - indexOf(from)));
  const [step = 0] = steps;
  return steps.size === 1 && Math.abs(step) === 1 ? step : null;
}

function indexOf(name: string): number {
  return /^#?\d{1,9}$/.test(name) ? Number(name.replace("#", "")) : Number.NaN;
}
