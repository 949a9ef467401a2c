/**
 * Who may send now. Two bounds hold at every moment: requests at work per endpoint, and tries on the wire in
 * total. A request keeps its place at the endpoint while it waits between tries, so that an endpoint that is
 * not ready is not met by ever more requests; its place in the total is free for other endpoints meanwhile.
 * Endpoints take turns.
 */
export interface Limits {
  readonly perEndpoint: number;
  readonly total: number;
}

/** The place of one request. Between `leave` and `enter` it is not on the wire. */
export interface Slot {
  leave(): void;
  enter(): Promise<void>;
}

/** Never rejects: what it finds wrong it keeps or tells elsewhere. It starts on the wire. */
export type Job = (slot: Slot) => Promise<void>;

export interface Limiter {
  submit(endpoint: string, job: Job): void;
  /** Tries on the wire. */
  readonly onWire: number;
}

interface Lane {
  readonly jobs: Queue<Job>;
  atWork: number;
  inRing: boolean;
}

export function createLimiter(limits: Limits): Limiter {
  const lanes = new Map<string, Lane>();
  const ring = new Queue<Lane>();
  const returning = new Queue<() => void>();
  let onWire = 0;

  const line = (lane: Lane): void => {
    if (lane.inRing || lane.jobs.size === 0 || lane.atWork >= limits.perEndpoint) return;
    lane.inRing = true;
    ring.push(lane);
  };
  const start = (lane: Lane, job: Job): void => {
    lane.atWork++;
    let holding = true;
    const slot: Slot = {
      leave() {
        holding = false;
        onWire--;
        pump();
      },
      enter: () =>
        new Promise((resolve) => {
          returning.push(() => {
            holding = true;
            resolve();
          });
          pump();
        }),
    };
    void job(slot).finally(() => {
      if (holding) onWire--;
      lane.atWork--;
      line(lane);
      pump();
    });
  };
  const pump = (): void => {
    while (onWire < limits.total) {
      // Those that come back from a wait go first: they hold a place at their endpoint.
      const back = returning.shift();
      const lane = back ? undefined : ring.shift();
      if (back) {
        onWire++;
        back();
      } else if (lane) {
        lane.inRing = false;
        const job = lane.jobs.shift();
        if (job) {
          onWire++;
          start(lane, job);
        }
        line(lane);
      } else return;
    }
  };
  return {
    submit(endpoint, job) {
      let lane = lanes.get(endpoint);
      if (!lane) {
        lane = { jobs: new Queue(), atWork: 0, inRing: false };
        lanes.set(endpoint, lane);
      }
      lane.jobs.push(job);
      line(lane);
      pump();
    },
    get onWire() {
      return onWire;
    },
  };
}

/** First in, first out, without moving the rest at each shift. */
class Queue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
