/** What workers are asked to judge, as one document of the store: units, rules and day are those of who asks, not of the worker's config. */
import type { Config } from "../../src/config/schema.ts";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { canonicalJson, sha256Hex } from "../../src/hash.ts";
import { askedKey, parseCaptureKey, partKey } from "../../src/lake/keys.ts";
import type { Store } from "../../src/store/port.ts";
import type { Unit } from "../unit.ts";
import { waivesOf } from "../waive.ts";
import { decodeDocument, encodeDocument } from "./document.ts";
import { TALLY_VERSION } from "./encoding.ts";
import type { JudgeOrder } from "./share.ts";

export interface Asked {
  readonly version: 1;
  /** Version of the program that asks: another might judge differently. */
  readonly tool: string;
  readonly rulesHash: string;
  readonly judge: Omit<JudgeOrder, "writes" | "bufferBytes">;
  /** What judges, of the config. */
  readonly config: Pick<Config, "models" | "modelPatterns" | "waiverList">;
  /** Modules of custom rules, by name: the sha256 of what they held. */
  readonly modules: Readonly<Record<string, string | null>>;
  readonly units: readonly Unit[];
}

export function askedFor(config: Config, facts: Pick<Asked, "tool" | "rulesHash" | "judge" | "units">): Asked {
  const { models, modelPatterns, waiverList = [], ruleModules = {} } = config;
  const modules = Object.fromEntries(Object.entries(ruleModules).map(([name, { sha256 }]) => [name, sha256]));
  return { version: 1, ...facts, config: { models, modelPatterns, waiverList }, modules };
}

/** Writes it under the hash of its content; resolves with its key. */
export async function putAsked(store: Store, asked: Asked): Promise<string> {
  const body = encodeDocument(asked);
  const key = askedKey(asked.judge.run.run, asked.judge.rules, sha256Hex(body));
  await store.put(key, body, { contentType: "application/octet-stream" });
  return key;
}

/** Undefined when it is not there: who asked has what was asked for, or has given up. */
export async function readAsked(store: Store, key: string): Promise<Asked | undefined> {
  let body: Uint8Array;
  try {
    body = await store.get(key);
  } catch (error) {
    if (isCutoverError(error, "STORE_MISSING")) return undefined;
    throw error;
  }
  const asked = decodeDocument(body, key) as Asked;
  if (asked.version === 1) return asked;
  throw new CutoverError("SCHEMA_VERSION", "a comparison was asked for by another version of cutover", {
    place: key,
    expected: "version 1",
    received: `${asked.version}`,
    hint: "run workers of the same version as the command",
  });
}

/** Digests of units: of all that a part depends on. What has expired counts, and not the day that it was looked at. */
export function unitDigests({ tool, rulesHash, judge, config, units }: Asked): string[] {
  const { run, sequence, today } = judge;
  const basis = sha256Hex(
    canonicalJson([TALLY_VERSION, tool, rulesHash, run, sequence ?? null, expiredOn(today, config)]),
  );
  return units.map((unit) => sha256Hex(canonicalJson([basis, unit])));
}

export function partKeyOf({ judge }: Asked, { object }: Unit, digest: string): string {
  const range = parseCaptureKey(object.key);
  if (range === undefined) throw new CutoverError("RUN_INVALID", "not a capture object", { place: object.key });
  return partKey(judge.run.run, judge.rules, range, digest);
}

function expiredOn(today: string, { models, waiverList = [] }: Asked["config"]): unknown {
  const rules = Object.entries(models).flatMap(([pattern, { rules }]) =>
    rules.flatMap((rule, at) => (rule.type === "ignore" && today > rule.expires ? [[pattern, at]] : [])),
  );
  return [rules, [...waivesOf({ waiverList: [...waiverList] }, today).expired].sort()];
}
