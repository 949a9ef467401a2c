/** A thread that judges: its units one by one, through a store connection of its own, and one tally of all, as bytes. */
import { parentPort, workerData } from "node:worker_threads";
import type { Config } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { growYoungGeneration } from "../../src/memory.ts";
import { openStore } from "../../src/store/open.ts";
import { loadFunctions } from "../functions.ts";
import type { Problem } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { encodeTally } from "./encoding.ts";
import { type PlainError, toPlain } from "./errors.ts";
import { contextOf, type JudgeOrder, judgeShare, toolsOf } from "./share.ts";
import { type Turn, takeFrom } from "./turn.ts";

export interface ThreadData {
  readonly order: JudgeOrder;
  readonly config: Config;
  /** Address of the store. */
  readonly store: string;
  readonly units: readonly Unit[];
  readonly turn: Turn;
  /** Resident memory of the process above which this thread takes no further unit. */
  readonly restBytes: number;
}

/** Ends the work after the unit's present step. */
export type ToThread = "stop";

export type FromThread =
  | { readonly kind: "unit"; readonly unit: number }
  | { readonly kind: "warn"; readonly message: string; readonly fields: LogFields | undefined }
  | { readonly kind: "error"; readonly error: PlainError }
  | {
      readonly kind: "share";
      readonly tally: Uint8Array<ArrayBuffer>;
      readonly diffs: readonly string[];
      readonly problems: readonly Problem[];
      readonly unreadable: number;
    };

const port = parentPort;
if (!port) throw new Error("this file is a thread of compare");
const say = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const stopping = new AbortController();
port.on("message", (_: ToThread) => stopping.abort(new CutoverError("INTERRUPTED", "the comparison was stopped")));

try {
  await work(workerData as ThreadData);
} catch (error) {
  say({ kind: "error", error: toPlain(error) });
}
port.close();

async function work({ order, config, store: url, units, turn, restBytes }: ThreadData): Promise<void> {
  const functions = await loadFunctions(config, { warn: (message, fields) => say({ kind: "warn", message, fields }) });
  const store = await openStore(url, config.s3);
  try {
    growYoungGeneration(LIMITS.compareYoungMibEach);
    const tools = { ...toolsOf(config, order, functions), store, signal: stopping.signal };
    const take = takeFrom(turn, () => process.memoryUsage.rss() <= restBytes);
    const done = (unit: number): void => say({ kind: "unit", unit });
    const { tally, ...rest } = await judgeShare(contextOf(order, tools), units, take, done);
    const bytes = encodeTally(tally);
    say({ kind: "share", tally: bytes, ...rest }, [bytes.buffer]);
  } finally {
    await store.close();
  }
}
