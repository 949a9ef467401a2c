/** Which of flag, environment, file and default said each setting: `cutover config --sources`. */
import type { ConfigDocument, Path } from "./document.ts";
import { dotted, SECRET_KEYS, valueAt } from "./faults.ts";
import type { Override } from "./overrides.ts";
import { type Config, configSchema } from "./schema.ts";

export interface Setting {
  /** Dotted path. */
  readonly path: string;
  /** Sizes in bytes, durations in milliseconds; header values and passwords are hidden. */
  readonly value: unknown;
  /** `--store`, `CUTOVER_STORE`, `cutover.yaml:12`, or `default`. */
  readonly source: string;
}

interface Origins {
  readonly file: string | undefined;
  readonly document: ConfigDocument;
  readonly overrides: readonly Override[];
}

/** Every setting that has a value, maps in the order of the schema, lists as one setting. */
export function settingsOf(config: Config, origins: Origins): Setting[] {
  const { modelPatterns, models } = config;
  // What loading adds beside the settings is none.
  const rest = Object.fromEntries(Object.keys(configSchema.shape).map((key) => [key, config[key as keyof Config]]));
  const ordered = { ...rest, models: modelPatterns.map((pattern) => [pattern, models[pattern]] as const) };
  return [
    ...leaves([], { ...ordered, models: undefined }),
    ...ordered.models.flatMap(([pattern, settings]) => leaves(["models", pattern], settings)),
  ].map(([path, value]) => ({
    path: dotted(path),
    value: isSecret(path) ? "(hidden)" : value,
    source: sourceOf(path, origins),
  }));
}

function leaves(path: Path, value: unknown): [Path, unknown][] {
  if (value === undefined) return [];
  const isLeaf = value === null || typeof value !== "object" || Array.isArray(value);
  if (isLeaf) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves([...path, key], inner));
}

function sourceOf(path: Path, { file, document, overrides }: Origins): string {
  const override = overrides.findLast((one) => dotted(one.path) === dotted(path));
  if (override) return override.name;
  if (file !== undefined && valueAt(document.value, path) !== undefined) return `${file}:${document.lineOf(path)}`;
  return "default";
}

function isSecret(path: Path): boolean {
  return (path[0] === "targets" && path[3] === "headers") || SECRET_KEYS.includes(String(path.at(-1)));
}
