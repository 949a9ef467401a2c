/**
 * A consumer group in simulated time: a coordinator that counts sessions as Kafka's does, and processes that hang, die,
 * are cut off or put out, each with the product's own tenure. Told is how often requests of two owners of one bucket
 * were in flight at once.
 */
import { divide } from "../../src/queue/sticky.ts";
import { createTenure, type Tenure, type TenureTimes } from "../../worker/tenure.ts";
import { dice } from "../faults/lib/dice.ts";

export const ACTS = ["stop", "kill", "cut", "evict", "leave"] as const;

export interface Act {
  readonly member: number;
  readonly act: (typeof ACTS)[number];
  readonly afterMs: number;
  readonly forMs: number;
}

/** What of the product is left out, to see that the simulation would tell. */
export interface Broken {
  readonly waits?: boolean;
  readonly gate?: boolean;
  readonly answered?: boolean;
}

const PARTITIONS = [0, 1];
const TURN_MS = 50;
const HEARTBEAT_MS = 1_000;
const REBALANCE_MS = 60_000;
const TAIL_MS = 90_000;

type Reply = { readonly kind: "ok" | "moving" | "unknown" } | Joined;
interface Joined {
  readonly kind: "joined";
  readonly id: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

interface Process {
  tenure: Tenure;
  id: string;
  generation: number;
  stoppedUntil: number;
  deadUntil: number;
  cutUntil: number;
  leaving: number | undefined;
  /** A request to the coordinator is on its way, or its answer is. */
  asking: boolean;
  joined: boolean;
  askedAt: number;
  replies: { readonly at: number; readonly reply: Reply }[];
}

export function simulate(acts: readonly Act[], times: TenureTimes, seed: number, broken: Broken = {}) {
  const random = dice(seed);
  const coordinator = createCoordinator(times.sessionMs);
  const tenureTimes =
    broken.waits === false ? { ...times, sessionMs: times.sessionMs, requestMs: -times.sessionMs } : times;
  const fresh = (): Process => ({
    tenure: createTenure(tenureTimes),
    id: "",
    generation: -1,
    stoppedUntil: 0,
    deadUntil: 0,
    cutUntil: 0,
    leaving: undefined,
    asking: false,
    joined: false,
    askedAt: Number.NEGATIVE_INFINITY,
    replies: [],
  });
  const processes = [fresh(), fresh(), fresh()];
  const flights: { partition: number; owner: Process; end: number }[] = [];
  const inbound: { at: number; run: () => void }[] = [];
  let sent = 0;
  let overlaps = 0;
  let names = 0;
  const todo = acts.map((act) => ({ ...act, at: 0 }));
  todo.reduce((at, act) => {
    act.at = at + act.afterMs;
    return act.at;
  }, 25_000);
  const end = (todo.at(-1)?.at ?? 0) + TAIL_MS;

  const ask = (process: Process, now: number, kind: "heartbeat" | "join" | "leave"): void => {
    const { id, generation } = process;
    process.asking = kind !== "leave";
    process.askedAt = now;
    const wire = (): number => Math.max(now, process.cutUntil) + random.int(1, 80);
    const at = wire();
    const owner = process;
    const answer = (reply: Reply, when: number): void => {
      owner.replies.push({ at: Math.max(when, owner.cutUntil) + random.int(1, 80), reply });
    };
    inbound.push({
      at,
      run: () => {
        if (kind === "heartbeat") answer({ kind: coordinator.heartbeat(id, generation, at) }, at);
        else if (kind === "leave") coordinator.remove(id, at);
        else {
          const name = id === "" || !coordinator.knows(id) ? `m${names++}` : id;
          const claims = id === name ? owner.tenure.partitions : [];
          coordinator.join(name, claims, at, (when, joined) => answer({ ...joined, id: name }, when));
        }
      },
    });
  };

  const take = (process: Process, now: number): void => {
    const { tenure } = process;
    const due = process.replies.filter(({ at }) => at <= now);
    process.replies = process.replies.filter(({ at }) => at > now);
    for (const { reply } of due) {
      process.asking = false;
      if (reply.kind === "ok") {
        tenure.beat(now);
        if (broken.answered) tenure.beat(now);
      } else if (reply.kind === "joined") {
        Object.assign(process, { id: reply.id, generation: reply.generation, joined: true });
        tenure.assigned(reply.partitions, reply.id, now);
      } else {
        // As kafkajs does it: only of a rebalance it says that it joins again.
        if (reply.kind === "moving") tenure.moving();
        else process.id = "";
        process.joined = false;
      }
    }
  };

  const send = (process: Process, now: number): void => {
    for (const partition of PARTITIONS) {
      const { tenure } = process;
      const may = broken.gate === false ? now >= tenure.startsAt(partition) : tenure.maySend(partition, now);
      if (!may || process.leaving !== undefined) continue;
      sent++;
      for (const flight of flights) {
        if (flight.partition === partition && flight.owner !== process && flight.end > now) overlaps++;
      }
      flights.push({ partition, owner: process, end: now + random.int(1, times.requestMs) });
    }
  };

  for (let now = 0; now < end; now += TURN_MS) {
    for (const message of takeDue(inbound, now)) message.run();
    coordinator.tick(now);
    while (todo[0] && todo[0].at <= now) strike(processes, todo.shift() as Act, now, coordinator, fresh, times);
    for (const [n, process] of processes.entries()) {
      if (process.deadUntil > now || process.stoppedUntil > now) continue;
      if (process.leaving !== undefined && process.leaving <= now) {
        ask(process, now, "leave");
        processes[n] = { ...fresh(), deadUntil: now + random.int(500, 5_000) };
        continue;
      }
      // What a process that wakes does first is chance.
      const steps = random.shuffle([send, take]);
      for (const step of steps) step(process, now);
      if (process.asking || process.leaving !== undefined) continue;
      if (!process.joined) ask(process, now, "join");
      else if (now - process.askedAt >= HEARTBEAT_MS) ask(process, now, "heartbeat");
    }
    for (let i = flights.length - 1; i >= 0; i--) if ((flights[i] as { end: number }).end <= now) flights.splice(i, 1);
  }
  return { sent, overlaps };
}

function takeDue(inbound: { at: number; run: () => void }[], now: number) {
  const due = inbound.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
  inbound.splice(0, inbound.length, ...inbound.filter(({ at }) => at > now));
  return due;
}

function strike(
  processes: Process[],
  { member, act, forMs }: Act,
  now: number,
  coordinator: Coordinator,
  fresh: () => Process,
  { requestMs }: TenureTimes,
): void {
  const process = processes[member] as Process;
  if (act === "stop") process.stoppedUntil = now + forMs;
  if (act === "cut") process.cutUntil = now + forMs;
  if (act === "kill") processes[member] = { ...fresh(), deadUntil: now + forMs };
  if (act === "evict") coordinator.remove(process.id, now);
  // What is in flight ends before the group is left.
  if (act === "leave" && process.stoppedUntil <= now && process.deadUntil <= now) process.leaving ??= now + requestMs;
}

interface Coordinator {
  knows(id: string): boolean;
  heartbeat(id: string, generation: number, now: number): "ok" | "moving" | "unknown";
  join(id: string, claims: readonly number[], now: number, done: (when: number, joined: Joined) => void): void;
  remove(id: string, now: number): void;
  tick(now: number): void;
}

function createCoordinator(sessionMs: number): Coordinator {
  interface Member {
    heardAt: number;
    claims: readonly number[];
    waiting: ((when: number, joined: Joined) => void) | undefined;
  }
  const members = new Map<string, Member>();
  let generation = 0;
  let movingSince: number | undefined;
  const move = (now: number): void => {
    movingSince ??= now;
  };
  const complete = (now: number): void => {
    if (movingSince === undefined || members.size === 0) return;
    if (now - movingSince > REBALANCE_MS) {
      for (const [id, { waiting }] of members) if (!waiting) members.delete(id);
    }
    if (![...members.values()].every(({ waiting }) => waiting)) return;
    movingSince = undefined;
    generation++;
    const shares = divide(new Map([...members].map(([id, { claims }]) => [id, claims])), PARTITIONS);
    for (const [id, member] of members) {
      member.waiting?.(now, { kind: "joined", id, generation, partitions: shares.get(id) ?? [] });
      member.waiting = undefined;
      member.heardAt = now;
    }
  };
  return {
    knows: (id) => members.has(id),
    heartbeat(id, at, now) {
      const member = members.get(id);
      if (!member) return "unknown";
      member.heardAt = now;
      return movingSince !== undefined || at !== generation ? "moving" : "ok";
    },
    join(id, claims, now, done) {
      members.set(id, { heardAt: now, claims, waiting: done });
      move(now);
    },
    remove(id, now) {
      if (members.delete(id)) move(now);
    },
    tick(now) {
      for (const [id, { heardAt, waiting }] of members) {
        // Who waits to be let in is waited for by nobody.
        if (!waiting && now - heardAt > sessionMs) this.remove(id, now);
      }
      complete(now);
    },
  };
}
