/**
 * A thread of a worker that judges one unit after the other, so that heartbeats, and what else the worker does, go on
 * beside it. It asks before each write whether the unit is still this worker's, which saves work: a write that comes late
 * all the same does no harm.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Config } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/hash.ts";
import { partDiffsKey } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { growYoungGeneration } from "../../src/memory.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/port.ts";
import { loadFunctions } from "../functions.ts";
import { compareUnit, type Unit, type UnitContext } from "../unit.ts";
import { type PlainError, toPlain } from "./errors.ts";
import { putPart, type WrittenObject } from "./part.ts";
import { contextOf, type JudgeOrder, toolsOf } from "./share.ts";

export interface UnitThreadData {
  readonly order: JudgeOrder;
  readonly config: Config;
  /** Address of the store. */
  readonly store: string;
}

export interface UnitToJudge {
  readonly unit: Unit;
  readonly digest: string;
  /** Where its part goes. */
  readonly key: string;
}

export type ToUnitThread = ({ readonly kind: "unit" } & UnitToJudge) | { readonly kind: "may"; readonly yes: boolean };

export type FromUnitThread =
  | { readonly kind: "may" }
  | { readonly kind: "done" }
  /** The answer to `may` was no: nothing more was written. */
  | { readonly kind: "refused" }
  | { readonly kind: "warn"; readonly message: string; readonly fields: LogFields | undefined }
  | { readonly kind: "error"; readonly error: PlainError };

class Refused extends Error {}

const port = parentPort;
if (!port) throw new Error("this file is a thread of compare");
const say = (message: FromUnitThread): void => port.postMessage(message);
let answer: (yes: boolean) => void = () => {};
const opening = open(workerData as UnitThreadData);
// Told with the first unit: until then nobody waits.
opening.catch(() => {});
port.on("message", (message: ToUnitThread) => {
  if (message.kind === "may") answer(message.yes);
  else void work(message);
});

async function open({ order, config, store: url }: UnitThreadData): Promise<{ store: Store; context: UnitContext }> {
  growYoungGeneration(LIMITS.compareYoungMibEach);
  const functions = await loadFunctions(config, { warn: (message, fields) => say({ kind: "warn", message, fields }) });
  const store = await openStore(url, config.s3);
  const { signal } = new AbortController();
  return { store, context: contextOf(order, { ...toolsOf(config, order, functions), store, signal }) };
}

async function work({ unit, digest, key }: UnitToJudge): Promise<void> {
  try {
    const { store, context } = await opening;
    const written: WrittenObject[] = [];
    const guarded = guard(store, key, written);
    const { diffs, ...result } = await compareUnit({ ...context, store: guarded }, unit);
    const part = { ...result, digest, diffs: written.filter((object) => diffs.includes(object.key)) };
    await ask();
    await putPart(store, key, part);
    say({ kind: "done" });
  } catch (error) {
    say(error instanceof Refused ? { kind: "refused" } : { kind: "error", error: toPlain(error) });
  }
}

async function ask(): Promise<void> {
  const yes = await new Promise<boolean>((resolve) => {
    answer = resolve;
    say({ kind: "may" });
  });
  if (!yes) throw new Refused();
}

/** The store of one unit: asks before it writes, writes beside the part, and notes what it wrote. */
function guard(store: Store, part: string, written: WrittenObject[]): Store {
  return {
    url: store.url,
    check: (options) => store.check(options),
    get: (key, range, signal) => store.get(key, range, signal),
    head: (key, signal) => store.head(key, signal),
    list: (prefix, options) => store.list(prefix, options),
    async put(key, body, options) {
      await ask();
      const sha256 = sha256Hex(body);
      const { size, etag } = await store.put(partDiffsKey(part, sha256), body, options);
      written.push({ key, size, etag, sha256 });
      return { key, size, etag };
    },
    delete: () => Promise.reject(new CutoverError("STORE_DENIED", "a unit deletes nothing", { place: store.url })),
    close: async () => {},
  };
}
