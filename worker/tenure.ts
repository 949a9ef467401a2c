/**
 * When a worker may send. Two rules keep an endpoint with one sender at a time, whatever happens to a process:
 *
 * - Who has a bucket sends only while the group is known to count on it: while the last heartbeat that the broker has
 *   answered was sent less than a session (less a margin) ago. The broker waits a whole session before it gives the
 *   bucket away, so a process that was stopped and wakes finds its time over before it can do harm.
 * - Who is given a bucket waits a session and a request's time-out before it sends, so that also what the owner before
 *   had in flight has ended.
 *
 * Pure: times are monotonic milliseconds, handed in.
 */
export interface TenureTimes {
  readonly sessionMs: number;
  /** The gate closes so long before the session can end. */
  readonly marginMs: number;
  /** Longest time that a request is in flight. */
  readonly requestMs: number;
}

export interface Changes {
  /** Given to this member now; what it had of them before is no longer its own. */
  readonly started: readonly number[];
  readonly kept: readonly number[];
  readonly lost: readonly number[];
}

export interface Tenure {
  /** A heartbeat was answered that had been sent after the last call of `beat` or `assigned`. */
  beat(now: number): void;
  /** The group moves: nothing is sent until it has said who has what. */
  moving(): void;
  assigned(partitions: readonly number[], member: string, now: number): Changes;
  /** Whether the group counts on this member for the partition now. */
  holds(partition: number, now: number): boolean;
  /** Whether a try of this partition may be sent now. */
  maySend(partition: number, now: number): boolean;
  /** From when on, as far as the wait of a new owner goes; infinity for a partition that is not held. */
  startsAt(partition: number): number;
  readonly partitions: readonly number[];
  /** Milliseconds since the group is known to have heard of this member; infinity while it moves. */
  silence(now: number): number;
}

const NEVER = Number.NEGATIVE_INFINITY;

export function createTenure({ sessionMs, marginMs, requestMs }: TenureTimes): Tenure {
  const startsAt = new Map<number, number>();
  let member = "";
  /** The broker has heard of this member after this time, in the present generation. */
  let heardAt = NEVER;
  let lastEventAt = NEVER;
  let settled = false;
  const isHeard = (now: number): boolean => now - heardAt < sessionMs - marginMs;
  return {
    beat(now) {
      if (!settled) return;
      heardAt = lastEventAt;
      lastEventAt = now;
    },
    moving() {
      settled = false;
      heardAt = NEVER;
    },
    assigned(partitions, name, now) {
      // A member that was put out comes back under another name: others may have had all of its partitions meanwhile.
      const before = name === member ? new Map(startsAt) : new Map<number, number>();
      const lost = [...startsAt.keys()].filter((partition) => !partitions.includes(partition));
      startsAt.clear();
      for (const partition of partitions) {
        startsAt.set(partition, before.get(partition) ?? now + sessionMs + requestMs);
      }
      member = name;
      settled = true;
      heardAt = NEVER;
      lastEventAt = now;
      const kept = partitions.filter((partition) => before.has(partition));
      return { started: partitions.filter((partition) => !before.has(partition)), kept, lost };
    },
    holds: (partition, now) => startsAt.has(partition) && isHeard(now),
    maySend(partition, now) {
      return now >= (startsAt.get(partition) ?? Number.POSITIVE_INFINITY) && isHeard(now);
    },
    startsAt: (partition) => startsAt.get(partition) ?? Number.POSITIVE_INFINITY,
    get partitions() {
      return [...startsAt.keys()];
    },
    silence: (now) => now - heardAt,
  };
}

/** A sixth of the session: enough for a send that is on its way when the gate closes, little enough to keep it open. */
export function marginOf(sessionMs: number): number {
  return Math.ceil(sessionMs / 6);
}
