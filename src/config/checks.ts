/**
 * What the schema alone cannot say: a table of small functions, each over the raw value, so that its faults
 * are shown together with those of the schema. A value of the wrong type is the schema's to refuse.
 */
import { LIMITS } from "../limits.ts";
import { type Fault, show } from "./faults.ts";
import { KAFKA_CHECKS } from "./kafka-checks.ts";
import { at, type Check, entries, isMap, list, type RawMap } from "./raw.ts";
import { RULE_CHECKS } from "./rule-checks.ts";
import { parseBytes, parseDuration } from "./units.ts";

export function crossCheck(config: unknown): Fault[] {
  return isMap(config) ? CHECKS.flatMap((check) => check(config)) : [];
}

const CHECKS: readonly Check[] = [
  oneSource,
  ...KAFKA_CHECKS,
  oneTargetKind,
  targetUrl,
  productionRate,
  commandProgram,
  commandProcesses,
  dogstatsdPort,
  modelPattern,
  samplePattern,
  ...RULE_CHECKS,
  rotateBounds,
  memoryBounds,
  timeoutBounds,
];

/** `capture` itself asks for one when it runs: replay and compare need none. */
function oneSource(config: RawMap): Fault[] {
  const path = ["capture", "source"];
  const source = at(config, path);
  if (!isMap(source)) return [];
  const kinds = Object.keys(source).filter((kind) => kind === "kafka" || kind === "files");
  if (kinds.length === 1) return [];
  const received = kinds.length === 0 ? "neither" : "both";
  return [{ path, problem: "a capture has one source", expected: "exactly one of kafka, files", received }];
}

const TARGET_KINDS = ["http", "sagemaker", "command", "module"];

function oneTargetKind(config: RawMap): Fault[] {
  return targets(config).flatMap(([path, target]) => {
    const kinds = Object.keys(target).filter((kind) => TARGET_KINDS.includes(kind));
    if (kinds.length === 1) return [];
    const received = kinds.length === 0 ? "none of them" : kinds.join(" and ");
    const expected = `exactly one of ${TARGET_KINDS.join(", ")}`;
    return [{ path, problem: "a target has one kind", expected, received }];
  });
}

/** The model decides what is asked, never which program is run. */
function commandProgram(config: RawMap): Fault[] {
  return targets(config).flatMap(([base, target]) => {
    const [program] = list(at(target, ["command", "run"]));
    if (typeof program !== "string" || !program.includes("{model}")) return [];
    const path = [...base, "command", "run", 0];
    const problem = "{model} may not choose the program";
    return [{ path, problem, expected: "{model} in the arguments only", received: show(program) }];
  });
}

/** The model decides what is asked, never which host is asked. */
function targetUrl(config: RawMap): Fault[] {
  return targets(config).flatMap(([base, target]) => {
    const path = [...base, "http", "url"];
    const url = at(target, ["http", "url"]);
    if (typeof url !== "string" || url === "") return [];
    const expected = "http://HOST:PORT/path or https://…, with {model} in the path if anywhere";
    const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
    if (authority.includes("{model}")) {
      return [{ path, problem: "{model} may not stand in the host", expected, received: show(url) }];
    }
    const filled = url.replaceAll("{model}", "model");
    const stray = /[{}]/.test(filled) ? "the only placeholder is {model}" : undefined;
    if (authority !== "" && URL.canParse(filled) && stray === undefined) return [];
    return [{ path, problem: stray ?? "not an HTTP address", expected, received: show(url) }];
  });
}

/** What people depend on is asked no faster than someone has decided. */
function productionRate(config: RawMap): Fault[] {
  return targets(config).flatMap(([path, target]): Fault[] => {
    if (target.production !== true || at(target, ["rate", "total"]) !== undefined) return [];
    const expected = "rate: { total: REQUESTS_PER_SECOND }";
    return [{ path: [...path, "production"], problem: "a production target needs a rate in total", expected }];
  });
}

function dogstatsdPort(config: RawMap): Fault[] {
  const path = ["metrics", "dogstatsd", "url"];
  const url = at(config, path);
  const port = typeof url === "string" ? /^udp:\/\/[^/]+:(\d+)$/.exec(url)?.[1] : undefined;
  if (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)) return [];
  return [{ path, expected: "a port from 1 to 65535", received: port }];
}

const PATTERN_EXPECTED = "a model name in which * stands for any run of characters, such as client-a/*";

function isPattern(text: string): boolean {
  return /^[A-Za-z0-9._/@*-]{1,128}$/.test(text) && !text.includes("..");
}

function modelPattern(config: RawMap): Fault[] {
  const models = config.models;
  if (!isMap(models)) return [];
  const bad = Object.keys(models).filter((pattern) => !isPattern(pattern));
  return bad.map((pattern) => ({
    path: ["models", pattern],
    problem: "no model can have this name",
    expected: PATTERN_EXPECTED,
    received: show(pattern),
  }));
}

function samplePattern(config: RawMap): Fault[] {
  return list(at(config, ["capture", "sample"])).flatMap((entry, index) => {
    const pattern = isMap(entry) ? entry.models : undefined;
    if (typeof pattern !== "string" || pattern === "" || isPattern(pattern)) return [];
    return [{ path: ["capture", "sample", index, "models"], expected: PATTERN_EXPECTED, received: show(pattern) }];
  });
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

function rotateBounds(config: RawMap): Fault[] {
  const base = ["capture", "rotate"];
  return [
    ...bounded(config, [...base, "bytes"], parseBytes, 64 * 1024, LIMITS.objectBytes, "a size from 64KiB to 1GiB"),
    ...bounded(config, [...base, "records"], Number, 1, 50_000_000, "a number of records from 1 to 50000000"),
    ...bounded(config, [...base, "interval"], parseDuration, 1_000, 24 * HOUR_MS, "a duration from 1s to 24h"),
  ];
}

function memoryBounds(config: RawMap): Fault[] {
  const most = 1024 * 1024 * MIB;
  return bounded(config, ["capture", "memory"], parseBytes, 128 * MIB, most, "a size of at least 128MiB");
}

function commandProcesses(config: RawMap): Fault[] {
  const path = ["command", "processes", "total"];
  const most = LIMITS.commandPrograms;
  return targets(config).flatMap(([base, target]) =>
    bounded(target, path, Number, 1, most, `a number of programs from 1 to ${most}`).map((fault) => ({
      ...fault,
      path: [...base, ...path],
    })),
  );
}

function timeoutBounds(config: RawMap): Fault[] {
  const durations = [["timeout"], ["retry", "maxWait"], ["retry", "backoff"], ["concurrency", "rampUp"]];
  return targets(config).flatMap(([path, target]) =>
    durations.flatMap((part) =>
      bounded(target, part, parseDuration, 1, HOUR_MS, "a duration of at most 1h").map((fault) => ({
        ...fault,
        path: [...path, ...part],
      })),
    ),
  );
}

function bounded(
  config: RawMap,
  path: readonly string[],
  parse: (text: string) => number | undefined,
  least: number,
  most: number,
  expected: string,
): Fault[] {
  const written = at(config, path);
  const value = typeof written === "number" ? written : typeof written === "string" ? parse(written) : undefined;
  // What does not parse, or is not positive, the schema refuses with its own words.
  if (value === undefined || !(value > 0) || (value >= least && value <= most)) return [];
  return [{ path, expected, received: show(written) }];
}

function targets(config: RawMap): [string[], RawMap][] {
  return entries(config.targets).map(([name, target]) => [["targets", name], target]);
}
