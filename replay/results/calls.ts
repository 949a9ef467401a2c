/**
 * What each call of replay has sent, so that the next one can say what a kill cost: `resent` = sent by a call
 * and not stored by it, over all calls. The count is written about four times a second while a call sends, and at
 * its end; of a killed call the sends since its last writing are missing, so resent is never more than was lost.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../src/clock.ts";
import { isCutoverError } from "../../src/errors.ts";
import { type CallRecord, readCalls } from "../../src/lake/calls.ts";
import { callKey, callsPrefix } from "../../src/lake/keys.ts";
import type { Store } from "../../src/store/port.ts";

export interface Call {
  readonly number: number;
  readonly writer: string;
  /** Notes, and writes now and then, a request of which the first try goes out now; or, with −1, one that never reached the endpoint. */
  count(by: 1 | -1): void;
  readonly sent: number;
  /** Notes an endpoint that is parked. */
  park(): void;
  /** Waits for the last write, with the final count. */
  close(): Promise<void>;
}

/**
 * Requests that calls other than `own` sent without storing a result. Of a part only its own calls count: what others
 * have sent just now is not lost.
 */
export async function readLost(
  store: Store,
  run: string,
  storedByCall: ReadonlyMap<number, number>,
  own?: number,
  part: string | null = null,
): Promise<number> {
  let lost = 0;
  for (const call of await readCalls(store, run)) {
    if (call.call === own || (part !== null && call.part !== part)) continue;
    lost += Math.max(0, call.sent - (storedByCall.get(call.call) ?? 0));
  }
  return lost;
}

/** Takes the next free number of call. */
export async function openCall(store: Store, run: string, clock: Clock, part: string | null = null): Promise<Call> {
  const writer = randomBytes(8).toString("hex");
  let number = 0;
  for await (const _ of store.list(callsPrefix(run))) number++;
  const body = (state: CallState): Uint8Array =>
    new TextEncoder().encode(
      JSON.stringify({ version: 1, call: number, writer, ...state, ...(part === null ? {} : { part }) }),
    );
  while (!(await claim(store, callKey(run, number), body({ sent: 0 })))) number++;
  return callOf(store, callKey(run, number), clock, { number, writer, body });
}

async function claim(store: Store, key: string, body: Uint8Array): Promise<boolean> {
  try {
    await store.put(key, body, { ifAbsent: true });
    return true;
  } catch (error) {
    if (isCutoverError(error, "STORE_EXISTS")) return false;
    throw error;
  }
}

/** Milliseconds between two writings of the count. */
const BEAT_MS = 250;

type CallState = Pick<CallRecord, "sent" | "parked" | "ended">;

interface Claimed {
  readonly number: number;
  readonly writer: string;
  body(state: CallState): Uint8Array;
}

function callOf(store: Store, key: string, clock: Clock, { number, writer, body }: Claimed): Call {
  let sent = 0;
  let parked = 0;
  let writing: Promise<void> | undefined;
  let beatAt = Number.NEGATIVE_INFINITY;
  const write = async (ended = false): Promise<void> => {
    const state = { sent, ...(parked > 0 ? { parked } : {}), ...(ended ? { ended } : {}) };
    await store.put(key, body(state), { contentType: "application/json" });
  };
  const beat = (): void => {
    beatAt = clock.monotonic();
    // A fault is left to the next beat, and in the end to close.
    writing = write()
      .catch(() => {})
      .finally(() => {
        writing = undefined;
      });
  };
  return {
    number,
    writer,
    get sent() {
      return sent;
    },
    count(by) {
      sent += by;
      if (!writing && clock.monotonic() - beatAt >= BEAT_MS) beat();
    },
    park() {
      parked++;
      if (!writing) beat();
    },
    async close() {
      await writing;
      await write(true);
    },
  };
}
