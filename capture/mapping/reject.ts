/** Why a message cannot become a record. Thrown and caught while it is mapped, and nowhere else. */
import type { RejectReason } from "../../src/record.ts";

export interface Rejection {
  readonly reason: RejectReason;
  /** What was expected and received. */
  readonly detail: string;
}

export class Reject extends Error {
  readonly rejection: Rejection;
  constructor(reason: RejectReason, detail: string) {
    super(detail);
    this.rejection = { reason, detail };
  }
}

/** For the right side of `??`. */
export function reject(error: Reject): never {
  throw error;
}

export function bad(name: string, expected: string, received: string): Reject {
  return new Reject("bad_field", `${name}: expected ${expected}, received ${received}`);
}

/** Text for a message: JSON-quoted and cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
