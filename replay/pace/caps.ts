/** The port to what ends a call before all is sent. The engine asks; who made the caps decides. */
import type { ReplayedRecord } from "../../src/record.ts";

/** Why a call ends early. */
export interface Ending {
  /** Short and stable: `max_requests`. */
  readonly reason: string;
  /** For a person: what was reached. */
  readonly detail: string;
  /**
   * False: requests that have begun finish, all their tries included. True: nothing is tried again; tries on the
   * wire finish and are stored, and what waits for its next try is given up.
   */
  readonly now: boolean;
}

export interface Caps {
  /** Takes the place of one more request, asked right before its first try; false only when `ending` is defined. */
  mayStart(): boolean;
  /** A request that took a place and never reached its endpoint gives it back. */
  giveBack(): void;
  /** The result of each request that was sent, before it is stored; not those that share an answer. */
  note(record: ReplayedRecord): void;
  /** Once defined it stays. Looked at when `mayStart` says no, after each result, and at every tick. */
  ending(): Ending | undefined;
}

export const NO_CAPS: Caps = { mayStart: () => true, giveBack() {}, note() {}, ending: () => undefined };
