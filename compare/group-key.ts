/** What findings that look alike have in common, and the name that stands for it: scheme 2. */
import { FINGERPRINT_SCHEME } from "../src/fingerprint.ts";
import { canonicalJson, sha256Hex } from "../src/hash.ts";
import type { DiffKind } from "../src/record.ts";

export interface GroupKey {
  /** Path with `[*]` for indexes. */
  readonly path: string;
  readonly kind: DiffKind;
  readonly rule: string;
  readonly direction: string;
  readonly magnitude: string;
  /** Shapes of both texts, where nothing else says how they differ; else `none`. */
  readonly template: string;
}

/** Stands for a part that coarsening left out. */
export const ANY = "*";
/** Stands for a part that such a finding does not have. */
export const NONE = "none";

/**
 * Full, without template, without magnitude, without direction, kind only. Each is a function of the one before. Where
 * there is no template none is left out, so that groups of numbers and labels keep their names.
 */
const COARSEN: readonly ((key: GroupKey) => GroupKey)[] = [
  (key) => key,
  (key) => ({ ...key, template: key.template === NONE ? NONE : ANY }),
  (key) => ({ ...key, template: key.template === NONE ? NONE : ANY, magnitude: ANY }),
  (key) => ({ ...key, template: ANY, magnitude: ANY, direction: ANY }),
  ({ kind }) => ({ path: ANY, kind, rule: ANY, direction: ANY, magnitude: ANY, template: ANY }),
];
export const COARSEST = COARSEN.length - 1;

export function coarsen(key: GroupKey, level: number): GroupKey {
  return COARSEN[level]?.(key) ?? key;
}

/** Fingerprints under which a finding of the model may stand in a report, from the finest level to the coarsest. */
export function groupNames(model: string, key: GroupKey): string[] {
  return [...new Set(COARSEN.map((coarser) => fingerprint(model, coarser(key))))];
}

/**
 * `2:` and 12 hex digits of all parts but the template, then, where there is one, a dot and 8 of the template: the group
 * of every shape is named by the beginning that the names of its shapes share.
 */
export function fingerprint(model: string, key: GroupKey): string {
  const { path, kind, rule, direction, magnitude, template } = key;
  const family = sha256Hex(canonicalJson([model, path, kind, rule, direction, magnitude])).slice(0, 12);
  const shape = template === NONE || template === ANY ? "" : `.${sha256Hex(template).slice(0, 8)}`;
  return `${FINGERPRINT_SCHEME}:${family}${shape}`;
}

/** Equal for equal keys alone: texts from outside stand beside their lengths. */
export function nameOf({ path, kind, rule, direction, magnitude, template }: GroupKey): string {
  const lengths = `${path.length} ${direction.length} ${template.length}`;
  return `${lengths} ${path} ${kind} ${rule} ${direction} ${magnitude} ${template}`;
}
