/**
 * A thread of a comparison. It judges: its units one by one, through a store connection of its own, and one tally of all,
 * as bytes. Then, while memory lets it stay, it reads inputs for triage.
 */
import { parentPort } from "node:worker_threads";
import type { Config } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { growYoungGeneration } from "../../src/memory.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/port.ts";
import { type Turn, takeFrom } from "../../src/turn.ts";
import { loadFunctions } from "../functions.ts";
import type { Problem } from "../summary.ts";
import { type LookJob, lookShare, maskOfModels, type TakenLook } from "../triage/inputs/looks.ts";
import type { MaskOf } from "../triage/inputs/read.ts";
import type { Unit } from "../unit.ts";
import { encodeTallyPieces } from "./encoding.ts";
import { type PlainError, toPlain } from "./errors.ts";
import { contextOf, type JudgeOrder, judgeShare, toolsOf } from "./share.ts";

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

export interface ThreadShare {
  /** In pieces, to be merged one by one. */
  readonly tally: readonly Uint8Array<ArrayBuffer>[];
  readonly diffs: readonly string[];
  readonly problems: readonly Problem[];
  readonly unreadable: number;
  /** Whether it can be asked to look; if not, it ends. */
  readonly stays: boolean;
}

export type ToThread =
  | { readonly kind: "judge"; readonly data: ThreadData }
  | { readonly kind: "look"; readonly job: LookJob }
  /** Ends the work after its present step. */
  | { readonly kind: "stop" }
  /** Nothing more is asked. */
  | { readonly kind: "end" };

export type FromThread =
  | { readonly kind: "unit"; readonly unit: number }
  | { readonly kind: "warn"; readonly message: string; readonly fields: LogFields | undefined }
  | { readonly kind: "error"; readonly error: PlainError }
  | { readonly kind: "share"; readonly share: ThreadShare }
  | { readonly kind: "looks"; readonly looks: readonly TakenLook[] };

const port = parentPort;
if (!port) throw new Error("this file is a thread of compare");
const say = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const stopping = new AbortController();
/** What judging opened, and looking needs. */
let opened: { readonly store: Store; readonly maskOf: MaskOf } | undefined;

port.on("message", (message: ToThread) => {
  if (message.kind === "stop") stopping.abort(new CutoverError("INTERRUPTED", "the comparison was stopped"));
  else if (message.kind === "end") void end();
  else void (message.kind === "judge" ? judge(message.data) : look(message.job)).catch(fail);
});

async function fail(error: unknown): Promise<void> {
  say({ kind: "error", error: toPlain(error) });
  await end();
}

async function end(): Promise<void> {
  port?.close();
  await opened?.store.close();
}

async function judge({ order, config, store: url, units, turn, restBytes }: ThreadData): Promise<void> {
  const functions = await loadFunctions(config, { warn: (message, fields) => say({ kind: "warn", message, fields }) });
  const tools = toolsOf(config, order, functions);
  const store = await openStore(url, config.s3);
  opened = { store, maskOf: maskOfModels(tools.table) };
  growYoungGeneration(LIMITS.compareYoungMibEach);
  const take = takeFrom(turn, () => process.memoryUsage.rss() <= restBytes);
  const done = (unit: number): void => say({ kind: "unit", unit });
  const context = contextOf(order, { ...tools, store, signal: stopping.signal });
  const { tally, ...rest } = await judgeShare(context, units, take, done);
  const pieces = encodeTallyPieces(tally);
  const stays = process.memoryUsage.rss() <= restBytes;
  const share = { tally: pieces, ...rest, stays };
  say(
    { kind: "share", share },
    pieces.map(({ buffer }) => buffer),
  );
  if (!stays) await end();
}

async function look({ tasks, turn }: LookJob): Promise<void> {
  if (opened === undefined) throw new Error("a thread of compare looks after it has judged");
  say({ kind: "looks", looks: await lookShare({ ...opened, signal: stopping.signal }, tasks, takeFrom(turn)) });
}
