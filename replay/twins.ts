/**
 * Rows of one unit whose requests are the same to the byte (`dedupe`): the first is sent, the others take its
 * answer. Only an answer is shared: what failed for the first may not fail for the next, so that one is sent in its
 * place. What is kept is bounded; a row beyond the bounds is sent as if it had no twin.
 */
import { sha256Hex } from "../src/hash.ts";
import { LIMITS } from "../src/limits.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { SendRow } from "./unit.ts";

/** A row that waits for its twin: its request is the twin's. */
export type Waiting = Pick<SendRow, "id" | "offset">;

export interface Twins {
  /** `send`: it is the first, or stands alone. `wait`: its twin is at work. A record: the twin's answer as its own. */
  meet(row: SendRow): "send" | "wait" | ReplayedRecord;
  /** The first has its answer: those that waited, with it. */
  answered(row: SendRow, record: ReplayedRecord): ReplayedRecord[];
  /** The first has none: the row to be sent in its place. */
  failed(row: SendRow): SendRow | undefined;
}

interface Group {
  waiting: Waiting[];
  answer: ReplayedRecord | undefined;
}

export interface TwinLimits {
  readonly rows: number;
  readonly bytes: number;
}

export function createTwins(limits: TwinLimits = { rows: LIMITS.dedupeRows, bytes: LIMITS.dedupeBytes }): Twins {
  const groups = new Map<string, Group>();
  const keys = new Map<bigint, string>();
  /** Groups and rows that wait, and bytes of answers kept. */
  let rows = 0;
  let bytes = 0;

  const groupOf = (row: SendRow): Group | undefined => groups.get(keys.get(row.offset) ?? "");
  /** Answers that came first go first. */
  const evict = (): void => {
    for (const [key, { answer }] of groups) {
      if (bytes <= limits.bytes && rows < limits.rows) return;
      if (!answer) continue;
      groups.delete(key);
      bytes -= sizeOf(answer);
      rows--;
    }
  };
  return {
    meet(row) {
      const key = requestKey(row);
      const group = groups.get(key);
      if (group?.answer) return shared(group.answer, row);
      if (rows >= limits.rows) evict();
      if (rows >= limits.rows) return "send";
      rows++;
      if (group) {
        group.waiting.push({ id: row.id, offset: row.offset });
        return "wait";
      }
      groups.set(key, { waiting: [], answer: undefined });
      keys.set(row.offset, key);
      return "send";
    },
    answered(row, record) {
      const group = groupOf(row);
      if (!group) return [];
      keys.delete(row.offset);
      const { waiting } = group;
      group.waiting = [];
      group.answer = record;
      rows -= waiting.length;
      bytes += sizeOf(record);
      evict();
      return waiting.map((twin) => shared(record, twin));
    },
    failed(row) {
      const key = keys.get(row.offset);
      const group = groupOf(row);
      if (key === undefined || !group) return undefined;
      keys.delete(row.offset);
      const next = group.waiting.shift();
      rows--;
      if (!next) {
        groups.delete(key);
        return undefined;
      }
      keys.set(next.offset, key);
      return { ...row, ...next };
    },
  };
}

/** An answer that holds for every request of these bytes: a model's own 5xx may be different the next time. */
export function isShareable({ outcome, status }: ReplayedRecord): boolean {
  return outcome === "ok" || (outcome === "model_error" && status !== null && status < 500);
}

/** `attempts: 0` says that it was not sent. */
function shared(record: ReplayedRecord, { id, offset }: Waiting): ReplayedRecord {
  return { ...record, id, offset, attempts: 0, throttles: 0, coldStart: null };
}

const RECORD_OVERHEAD_BYTES = 512;

function sizeOf({ output }: ReplayedRecord): number {
  return (output?.byteLength ?? 0) + RECORD_OVERHEAD_BYTES;
}

/** All that the request, and the reading of its answer, is made of. */
function requestKey({ model, inputType, outputType, status, attributes, input }: SendRow): string {
  return sha256Hex(JSON.stringify([model, inputType, outputType, status, attributes ?? null]), "\n", input);
}
