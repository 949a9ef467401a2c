/** Settings from flags and from the environment, which win over the file. */
import type { LogLevel } from "../log.ts";
import { type Fault, show, valueAt } from "./faults.ts";
import { nearest } from "./nearest.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Flags that are settings at the same time. */
export interface SettingFlags {
  readonly store?: string | undefined;
}

export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** As a person knows it: `--store`, `CUTOVER_STORE`. */
  readonly name: string;
  readonly kind: "flag" | "environment";
}

interface Variable {
  readonly name: string;
  readonly path: readonly string[];
  readonly read?: (text: string) => unknown;
  /** Applied only where the file has this map: it says something about a thing, it does not bring it into being. */
  readonly within?: readonly string[];
}

const KAFKA = ["capture", "source", "kafka"];

export const VARIABLES: readonly Variable[] = [
  { name: "CUTOVER_STORE", path: ["store"] },
  { name: "CUTOVER_S3_ENDPOINT", path: ["s3", "endpoint"] },
  { name: "CUTOVER_S3_REGION", path: ["s3", "region"] },
  { name: "CUTOVER_S3_FORCE_PATH_STYLE", path: ["s3", "forcePathStyle"], read: readBoolean },
  { name: "CUTOVER_KAFKA_BROKERS", path: [...KAFKA, "brokers"], read: readList, within: KAFKA },
  { name: "CUTOVER_KAFKA_GROUP", path: [...KAFKA, "group"], within: KAFKA },
  { name: "CUTOVER_KAFKA_USERNAME", path: [...KAFKA, "sasl", "username"], within: [...KAFKA, "sasl"] },
  { name: "CUTOVER_KAFKA_PASSWORD", path: [...KAFKA, "sasl", "password"], within: [...KAFKA, "sasl"] },
  { name: "CUTOVER_CAPTURE_MEMORY", path: ["capture", "memory"] },
  { name: "CUTOVER_DOGSTATSD_URL", path: ["metrics", "dogstatsd", "url"] },
];

/** An empty variable is not set. Flags stand last, because the last to say a thing wins. */
export function overridesOf(env: Env, flags: SettingFlags, written: unknown): Override[] {
  const overrides: Override[] = [];
  for (const { name, path, read, within } of VARIABLES) {
    const text = env[name];
    if (text === undefined || text === "" || (within && !isMap(valueAt(written, within)))) continue;
    overrides.push({ path, value: read ? read(text) : text, name, kind: "environment" });
  }
  if (flags.store !== undefined) overrides.push({ path: ["store"], value: flags.store, name: "--store", kind: "flag" });
  return overrides;
}

/** The written value with the overrides in it; maps on the way are copied, or made. */
export function applyOverrides(written: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, { path, value: inner }) => withValue(value, path, inner), written);
}

function withValue(target: unknown, path: readonly string[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  // What is not a map where one should be stays as it is: the schema refuses it.
  if (target !== undefined && target !== null && !isMap(target)) return target;
  const map = isMap(target) ? target : {};
  return { ...map, [head]: withValue(map[head], rest, value) };
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const FORMATS = ["json", "pretty"] as const;

export interface LogSettings {
  readonly format: "json" | "pretty";
  readonly level: LogLevel;
  readonly faults: readonly Fault[];
}

/** CUTOVER_LOG and CUTOVER_LOG_LEVEL; pretty on a terminal and JSON elsewhere when they say nothing. */
export function logSettings(env: Env, isTTY: boolean): LogSettings {
  const faults: Fault[] = [];
  const choose = <T extends string>(name: string, known: readonly T[], fallback: T): T => {
    const text = env[name];
    if (text === undefined || text === "") return fallback;
    const found = known.find((one) => one === text);
    if (found !== undefined) return found;
    const near = nearest(text, known);
    const hint = near ? { hint: `did you mean ${near}?` } : {};
    faults.push({ path: [name], expected: `one of ${known.join(", ")}`, received: show(text), ...hint });
    return fallback;
  };
  const format = choose("CUTOVER_LOG", FORMATS, isTTY ? "pretty" : "json");
  return { format, level: choose("CUTOVER_LOG_LEVEL", LEVELS, "info"), faults };
}

/** What is neither true nor false stays a text, which the schema refuses. */
function readBoolean(text: string): unknown {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  return text;
}

function readList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
