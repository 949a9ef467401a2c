/**
 * Who may send now. These hold at every moment: requests at work and tries on the wire per endpoint, tries on the
 * wire in total, tries a second per endpoint and in total, bytes of answers that are on their way. A request keeps its
 * place at the endpoint while it waits between tries, so that an endpoint that is not ready is not met by ever more
 * requests; its place on the wire is free for other endpoints meanwhile. Endpoints take turns: one try each.
 */
import type { Clock } from "../../src/clock.ts";
import { createAlarm } from "./alarm.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import type { Budget } from "./budget.ts";
import type { EndpointPace } from "./endpoint.ts";
import { type Job, Lane } from "./lane.ts";
import { Place } from "./place.ts";
import { Queue } from "./queue.ts";

export interface Limits {
  readonly perEndpoint: number;
  readonly total: number;
}

/** Tries a second. */
export interface Rate {
  readonly perEndpoint?: number | undefined;
  readonly total?: number | undefined;
}

export interface LimiterOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly rate?: Rate | undefined;
  readonly paceOf: (endpoint: string) => EndpointPace;
  /** Bytes of answers: on their way, by what is expected of the endpoint, and whatever else the budget is used for. */
  readonly memory: Budget;
  /** The next try waits for bytes. */
  readonly onBlocked: () => void;
}

export interface Limiter {
  submit(endpoint: string, job: Job): void;
  /** Drops what has not begun, now and later: of one endpoint, or of all. */
  drop(endpoint?: string): void;
  /** Drops, and lets what waits to come back through, as none of it sends any more. */
  release(endpoint?: string): void;
  /** Tries on the wire, and bytes reserved for their answers. */
  readonly onWire: number;
  readonly reserved: number;
}

export function createLimiter(options: LimiterOptions): Limiter {
  return new RoundRobin(options);
}

class RoundRobin implements Limiter {
  onWire = 0;
  reserved = 0;
  readonly #options: LimiterOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that have a place; each stands in it once. */
  readonly #ring = new Queue<Lane>();
  /** Lanes that have a place, and wait for a token or for their breaker. */
  readonly #waiting = new Set<Lane>();
  readonly #total: Bucket | undefined;
  readonly #alarm;
  #blocked = false;
  #dropping = false;

  constructor(options: LimiterOptions) {
    this.#options = options;
    const { total } = options.rate ?? {};
    this.#total = total === undefined ? undefined : createBucket(total);
    this.#alarm = createAlarm(options.clock, () => this.#wake());
  }

  submit(endpoint: string, job: Job): void {
    const lane = this.#lane(endpoint);
    if (this.#dropping || lane.closed) return void job(undefined);
    lane.jobs.push(job);
    this.#line(lane);
    this.#pump();
  }

  drop(endpoint?: string): void {
    if (endpoint === undefined) this.#dropping = true;
    else this.#lane(endpoint).closed = true;
    for (const lane of this.#chosen(endpoint)) {
      for (let job = lane.jobs.shift(); job; job = lane.jobs.shift()) void job(undefined);
    }
  }

  release(endpoint?: string): void {
    this.drop(endpoint);
    for (const lane of this.#chosen(endpoint)) {
      lane.closed = true;
      for (let back = lane.returning.shift(); back; back = lane.returning.shift()) back(undefined);
    }
    if (endpoint === undefined) this.#alarm.cancel();
  }

  #chosen(endpoint: string | undefined): Iterable<Lane> {
    return endpoint === undefined ? this.#lanes.values() : [this.#lane(endpoint)];
  }

  #lane(endpoint: string): Lane {
    let lane = this.#lanes.get(endpoint);
    if (!lane) {
      const { limits, rate, paceOf } = this.#options;
      lane = new Lane(paceOf(endpoint), limits.perEndpoint, rate?.perEndpoint);
      this.#lanes.set(endpoint, lane);
    }
    return lane;
  }

  #line(lane: Lane): void {
    if (lane.lined || lane.next(this.#now()) === undefined) return;
    lane.lined = true;
    this.#ring.push(lane);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }

  #wake(): void {
    for (const lane of this.#waiting) this.#ring.push(lane);
    this.#waiting.clear();
    this.#pump();
  }

  #pump(): void {
    while (this.onWire < this.#options.limits.total) {
      const lane = this.#ring.peek();
      if (!lane || !this.#admits(lane)) return;
    }
  }

  /** Lets the first lane of the ring go on, or puts it aside; false when all have to wait. */
  #admits(lane: Lane): boolean {
    const now = this.#now();
    const next = lane.next(now);
    const own = next === undefined ? 0 : lane.waitMs(now);
    if (next === undefined || own > 0) {
      this.#ring.shift();
      if (next === undefined) lane.lined = false;
      else {
        this.#waiting.add(lane);
        this.#alarm.at(now + own);
      }
      return true;
    }
    const all = this.#total?.waitMs(now) ?? 0;
    if (all > 0) {
      this.#alarm.at(now + all);
      return false;
    }
    const bytes = lane.pace.answerBytes;
    if (!this.#options.memory.tryTake(bytes)) {
      this.#waitForMemory();
      return false;
    }
    this.#ring.shift();
    lane.lined = false;
    this.#total?.take(now);
    lane.takeToken(now);
    this.#go(lane, next, bytes, now);
    return true;
  }

  #waitForMemory(): void {
    if (this.#blocked) return;
    this.#blocked = true;
    this.#options.memory.onceFreed(() => {
      this.#blocked = false;
      this.#pump();
    });
    this.#options.onBlocked();
  }

  #go(lane: Lane, next: "returning" | "job", bytes: number, now: number): void {
    this.onWire++;
    lane.onWire++;
    this.reserved += bytes;
    if (next === "returning") {
      const back = lane.returning.shift();
      this.#line(lane);
      back?.(bytes);
      return;
    }
    lane.atWork++;
    const job = lane.jobs.shift();
    this.#line(lane);
    lane.pace.begin(now);
    const place = new Place(this, lane, bytes);
    // A job never rejects, and `finally` would make three promises more.
    void job?.(place).then(() => {
      lane.atWork--;
      if (!place.leave()) this.goOn(lane);
    });
  }

  left(lane: Lane, bytes: number): void {
    this.onWire--;
    lane.onWire--;
    this.reserved -= bytes;
    this.#options.memory.free(bytes);
    this.goOn(lane);
  }

  goOn(lane: Lane): void {
    // Its breaker may have closed since it was put aside.
    if (this.#waiting.delete(lane)) this.#ring.push(lane);
    this.#line(lane);
    this.#pump();
  }
}
