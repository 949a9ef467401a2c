/** The configuration: flag > environment > file > default, checked once at start, with every fault at once. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { CutoverError, messageOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { crossCheck } from "./checks.ts";
import type { ConfigDocument } from "./document.ts";
import { dotted, type Fault, faultsOf } from "./faults.ts";
import { resolveKafka } from "./kafka.ts";
import { findModules } from "./modules.ts";
import { applyOverrides, type Env, type Override, overridesOf, type SettingFlags } from "./overrides.ts";
import { type Config, configSchema, type KafkaSettings } from "./schema.ts";
import { type Setting, settingsOf } from "./sources.ts";
import { readWaivers } from "./waivers.ts";

export const DEFAULT_CONFIG_FILE = "cutover.yaml";

export interface LoadOptions {
  /** As the user wrote it; without it `./cutover.yaml` is read when it is there. */
  readonly file?: string | undefined;
  readonly env: Env;
  readonly flags: SettingFlags;
  /** Folder in which paths of flags, environment and `file` stand; the process's own by default. */
  readonly cwd?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Undefined when there is no file and the defaults hold. */
  readonly file: string | undefined;
  /** Every setting with its value and what said it. */
  readonly sources: readonly Setting[];
}

/** Faults are thrown together, as one ConfigError; `faults` has them one by one. */
export class ConfigError extends CutoverError {
  readonly faults: readonly (Fault & { readonly place: string })[];

  constructor(faults: readonly (Fault & { readonly place: string })[], subject: string) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super("CONFIG", [`${count} in ${subject}`, ...faults.map(faultText)].join("\n\n"));
    this.faults = faults;
  }
}

/**
 * A relative `store` and relative `files` that the file says, or that are defaults, start at the file's folder,
 * so that `--config dir/cutover.yaml` means the same from everywhere; those of flags and environment start at
 * the working directory.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { env, flags, cwd = process.cwd() } = options;
  const found = await readConfigFile(options.file, cwd);
  // The YAML parser is loaded only here, so that --help need not wait for it.
  const { parseConfigDocument } = await import("./document.ts");
  const document = parseConfigDocument(found?.text ?? "");
  const overrides = overridesOf(env, flags, document.value);
  const written = applyOverrides(document.value, overrides);
  const parsed = configSchema.safeParse(written, { reportInput: true });
  const faults =
    document.faults.length > 0
      ? document.faults
      : [...(parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, written)), ...crossCheck(written)];
  if (faults.length > 0 || !parsed.success) {
    const placed = faults.map((fault) => ({ ...placeFault(fault, found?.file, document, overrides) }));
    throw new ConfigError(
      placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
      found?.file ?? "the settings",
    );
  }
  const patterns = document.keysOf(["models"]);
  const around = { file: found?.file, cwd, env, document, overrides };
  const source = await resolveSource(parsed.data, around);
  const queue = await resolveQueue(parsed.data, around);
  const waivers = await loadWaivers(parsed.data.waivers, found?.file, cwd);
  const config: Config = {
    ...parsed.data,
    store: overrides.some((o) => o.path[0] === "store")
      ? parsed.data.store
      : besideFile(found?.file, parsed.data.store),
    capture: withFilesBeside(found?.file, source.capture),
    queue: queue.queue,
    folder: path.resolve(cwd, besideFile(found?.file, ".")),
    ...(source.fault ? { sourceFault: source.fault } : {}),
    ...(queue.fault ? { queueFault: queue.fault } : {}),
    ...waivers,
    modelPatterns: patterns.length > 0 ? patterns : Object.keys(parsed.data.models),
    ruleModules: await findModules(parsed.data.models, (module) => path.resolve(cwd, besideFile(found?.file, module))),
  };
  return { config, file: found?.file, sources: settingsOf(config, { file: found?.file, document, overrides }) };
}

interface Written {
  readonly file: string | undefined;
  readonly cwd: string;
  readonly env: Env;
  readonly document: ConfigDocument;
  readonly overrides: readonly Override[];
}

/** Faults of variables and files are kept for who reads the source: a job that compares has no secrets of Kafka's. */
async function resolveSource(
  { capture }: Pick<Config, "capture">,
  around: Written,
): Promise<{ capture: Config["capture"]; fault?: ConfigError }> {
  if (!capture.source?.kafka) return { capture };
  const { kafka, ...fault } = await resolveConnection(capture.source.kafka, ["capture", "source", "kafka"], around);
  return { capture: { ...capture, source: { ...capture.source, kafka } }, ...fault };
}

/** The same of the queue, which only those who share a run's work need. */
async function resolveQueue(
  { queue }: Pick<Config, "queue">,
  around: Written,
): Promise<{ queue: Config["queue"]; fault?: ConfigError }> {
  const { kafka, ...fault } = await resolveConnection(queue.kafka, ["queue", "kafka"], around);
  return { queue: { ...queue, kafka }, ...fault };
}

async function resolveConnection<T extends Pick<KafkaSettings, "tls" | "sasl">>(
  settings: T,
  base: readonly string[],
  { file, cwd, env, document, overrides }: Written,
): Promise<{ kafka: T; fault?: ConfigError }> {
  const { kafka, faults } = await resolveKafka(settings, base, {
    env,
    beside: (target) => path.resolve(cwd, besideFile(file, target)),
    isGiven: (path) => overrides.some((one) => dotted(one.path) === dotted(path)),
  });
  if (faults.length === 0) return { kafka };
  const placed = faults.map((fault) => placeFault(fault, file, document, overrides));
  return { kafka, fault: new ConfigError(placed, file ?? "the settings") };
}

async function loadWaivers(
  named: string | undefined,
  file: string | undefined,
  cwd: string,
): Promise<Pick<Config, "waiverList" | "waiverFault">> {
  if (named === undefined) return {};
  const place = besideFile(file, named);
  const { waivers, faults } = await readWaivers(path.resolve(cwd, place));
  if (faults.length === 0) return { waiverList: waivers };
  const placed = faults.map((fault) => {
    const at = dotted(fault.path);
    return { ...fault, place: `${place}${fault.line ? `:${fault.line}` : ""}${at === "" ? "" : ` ${at}`}` };
  });
  return { waiverFault: new ConfigError(placed, place) };
}

async function readConfigFile(
  named: string | undefined,
  cwd: string,
): Promise<{ file: string; text: string } | undefined> {
  const file = named ?? DEFAULT_CONFIG_FILE;
  let bytes: Buffer;
  try {
    bytes = await readFile(path.resolve(cwd, file));
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && named === undefined) return undefined;
    throw new CutoverError("CONFIG", missing ? "there is no such config file" : "the config file cannot be read", {
      place: file,
      hint: missing ? "cutover init writes a commented one" : "check the path and its permissions",
      ...(missing ? {} : { cause }),
    });
  }
  if (bytes.length > LIMITS.configBytes) {
    throw new CutoverError("CONFIG", "the config file is too large", {
      place: file,
      expected: `at most ${LIMITS.configBytes} bytes`,
      received: `${bytes.length} bytes`,
    });
  }
  try {
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new CutoverError("CONFIG", "the config file is not UTF-8 text", { place: file, received: messageOf(cause) });
  }
}

function placeFault(
  fault: Fault,
  file: string | undefined,
  document: ConfigDocument,
  overrides: readonly Override[],
): Fault & { readonly place: string } {
  const at = dotted(fault.path);
  const override = overrides.findLast((one) => dotted(one.path) === at);
  if (override) return { ...fault, place: `${override.name} (${at})` };
  if (file === undefined) return { ...fault, place: at };
  const line = fault.line ?? document.lineOf(fault.path);
  return { ...fault, line, place: `${file}:${line}${at === "" ? "" : ` ${at}`}` };
}

function faultText({ place, problem, expected, received, hint }: Fault & { readonly place: string }): string {
  const lines = [`  ${place}`];
  if (problem !== undefined) lines.push(`    ${problem}`);
  if (expected !== undefined) lines.push(`    expected: ${expected}`);
  if (received !== undefined) lines.push(`    received: ${received}`);
  if (hint !== undefined) lines.push(`    next:     ${hint}`);
  return lines.join("\n");
}

function withFilesBeside(file: string | undefined, capture: Config["capture"]): Config["capture"] {
  const files = capture.source?.files?.map((pattern) => (pattern === "-" ? pattern : besideFile(file, pattern)));
  return files ? { ...capture, source: { ...capture.source, files } } : capture;
}

function besideFile(file: string | undefined, target: string): string {
  const folder = file === undefined ? "." : path.dirname(file);
  if (folder === "." || path.isAbsolute(target) || /^[A-Za-z][\w+.-]*:/.test(target)) return target;
  return path.join(folder, target);
}
