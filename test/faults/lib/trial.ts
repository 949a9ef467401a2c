/**
 * One seeded run: a topic, a store, members of the program, and the faults that a kind does to them. It ends
 * with everything calm and one clean `capture --until end`, after which the store is held against the topic.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { evictMembers } from "../../support/kafka-groups.ts";
import { check } from "./check.ts";
import { type MemberOptions, writeConfig } from "./config.ts";
import { type Dice, dice } from "./dice.ts";
import { Member } from "./member.ts";
import { Topic } from "./topic.ts";
import type { World } from "./world.ts";

export interface TrialOptions {
  readonly world: World;
  readonly seed: number;
  readonly name: string;
  /** `src/bin.ts` of another tree: a sabotaged one. */
  readonly bin?: string;
  readonly messages?: number;
  /** Longest time of one process; a sabotaged one may go round for ever. */
  readonly memberMs?: number;
}

/** Longest time without what a run waits for, and of one process. */
const WAIT_MS = 90_000;
const MEMBER_MS = 120_000;
const POLL_MS = 5;
/** Share of the killed that are taken out of the group by hand: to wait for a session each time takes 15 s. */
const EVICTED = 0.9;
/** Share of the runs after which orphans are deleted, before all is checked. */
const REPAIRED = 0.4;

export class Trial {
  readonly world: World;
  readonly seed: number;
  readonly random: Dice;
  readonly name: string;
  readonly topic: Topic;
  /** Files of this run: configs. */
  readonly folder: string;
  readonly members: Member[] = [];
  /** Kind of fault → how often it was done. */
  readonly faults = new Map<string, number>();
  /** Called when the run is over, last first. */
  readonly cleanups: (() => Promise<void>)[] = [];
  /** What was done, for the person who reads a failure. */
  readonly notes: string[] = [];
  /** Folder of the local store; the run is on S3 when undefined. */
  localStore: string | undefined;
  readonly #groups = new Set<string>();
  readonly #bin: string | undefined;
  readonly #messages: number;
  readonly #memberMs: number;

  constructor({ world, seed, name, bin, messages, memberMs = MEMBER_MS }: TrialOptions) {
    this.world = world;
    this.seed = seed;
    this.name = name;
    this.#bin = bin;
    this.#memberMs = memberMs;
    this.random = dice(seed);
    this.topic = new Topic(world.broker, name, this.random.int(1, 4), this.random);
    this.folder = join(world.folder, "trials", name);
    this.#messages = messages ?? this.random.int(1_500, 3_500);
  }

  /** An empty store and a filled topic. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await this.topic.create();
    await this.topic.fill(this.#messages, this.random.chance(0.25));
  }

  note(text: string): void {
    this.notes.push(text);
  }

  async start(options: MemberOptions = {}): Promise<Member> {
    const number = this.members.length;
    const group = options.group ?? this.name;
    this.#groups.add(group);
    const client = `${this.name}.${number}`;
    const config = await writeConfig(this, client, group, options);
    const until = options.until === undefined ? [] : ["--until", options.until];
    const command = options.command ?? ["capture", ...until];
    const env = { ...this.world.env, CUTOVER_LOG: "json", CUTOVER_LOG_LEVEL: "debug", ...options.env };
    const member = new Member(client, [...command, "--config", config, "--json"], {
      cwd: this.folder,
      env,
      timeoutMs: this.#memberMs,
      ...(this.#bin === undefined ? {} : { bin: this.#bin }),
      ...(options.fileKib === undefined ? {} : { fileKib: options.fileKib }),
    });
    member.mayFail.push(...(options.mayFail ?? []));
    member.mayExit.push(...(options.mayExit ?? []));
    this.members.push(member);
    return member;
  }

  /** A run without faults, to its end. */
  async finish(): Promise<Member> {
    const member = await this.start({ until: "end", direct: true });
    await member.ended();
    return member;
  }

  /** True once `reached` holds; false when the member has ended before, or a patience that was given is over. */
  async until(member: Member, reached: () => boolean, patienceMs?: number): Promise<boolean> {
    const deadline = performance.now() + (patienceMs ?? WAIT_MS);
    while (!reached()) {
      if (member.hasEnded) return false;
      if (performance.now() > deadline) {
        if (patienceMs !== undefined) return false;
        throw new Error(`${member.client}: nothing happened in ${WAIT_MS / 1000} s`);
      }
      await sleep(POLL_MS);
    }
    return true;
  }

  /** The same for `puts` more objects, sent to the S3 store or standing in the local one. */
  untilPuts(member: Member, puts: number, patienceMs?: number): Promise<boolean> {
    const from = this.#puts();
    return this.until(member, () => this.#puts() >= from + puts, patienceMs);
  }

  #puts(): number {
    if (this.localStore === undefined) return this.world.s3Proxy.counts.put;
    if (!existsSync(this.localStore)) return 0;
    return readdirSync(this.localStore, { recursive: true }).filter((name) => String(name).endsWith(".parquet")).length;
  }

  /** kill -9, and the group learns of it at once, or when the session has run out. */
  async kill(member: Member, group?: string): Promise<void> {
    member.signal("SIGKILL");
    await member.ended();
    this.count("kill");
    if (this.random.chance(EVICTED)) await this.evict(group);
    else this.note("the group waits for the session of the killed member to end");
  }

  /** The broker is away while this goes on: nobody can send it a heartbeat. */
  async withoutBroker(action: () => Promise<void>): Promise<void> {
    for (const member of this.members) member.mayMissHeartbeats = true;
    await action();
  }

  /** Cuts the line to the broker for a while. */
  async cutBroker(ms: number): Promise<void> {
    this.count("broker cut off");
    await this.withoutBroker(async () => {
      this.world.kafkaProxy.down();
      await sleep(ms);
      this.world.kafkaProxy.up();
    });
  }

  /** One fault more of this kind. */
  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  /** Takes members that were killed or stopped out of their groups, which else wait for a session to end. */
  async evict(group = this.name): Promise<void> {
    await evictMembers(this.world.broker, group).catch((error: unknown) => {
      this.note(`not evicted: ${(error as Error).message}`);
    });
  }

  /** Ends what is alive, takes every fault away, finishes, and says what does not hold. */
  async settle(): Promise<string[]> {
    await this.world.calm();
    for (const member of this.members) {
      member.signal("SIGCONT");
      if (!member.hasEnded) member.signal(this.random.chance(0.5) ? "SIGTERM" : "SIGKILL");
    }
    await Promise.all(this.members.map((member) => member.ended()));
    await Promise.all([...this.#groups].map((group) => this.evict(group)));
    const last = await this.finish();
    if (this.random.chance(REPAIRED)) {
      const repair = await this.start({ command: ["captures", "--audit", "--repair"], direct: true });
      await repair.ended();
      this.count("repair");
    }
    const how = last.code === 0 ? [] : [`the run without faults exited ${last.code ?? last.killedBy}`];
    const faults = [...how, ...(await check(this))];
    if (faults.length > 0) faults.push(`the run without faults, its last lines:\n${last.lastLines}`);
    return faults;
  }

  /** Ends the members that are alive; what they said last. */
  async lastWords(): Promise<string[]> {
    const alive = this.members.filter((member) => !member.hasEnded);
    for (const member of alive) member.signal("SIGKILL");
    await Promise.all(alive.map((member) => member.ended()));
    return alive.map((member) => `${member.client}, its last lines:\n${member.lastLines}`);
  }

  async close(): Promise<void> {
    await this.lastWords();
    for (const cleanup of this.cleanups.reverse()) await cleanup();
    await this.topic.remove().catch(() => {});
    await rm(this.storeFolder, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Where the store's objects stand as files. */
  get storeFolder(): string {
    return this.localStore ?? join(this.world.bucketFolder, this.name);
  }

  /** Config for reading what is there, without proxies. */
  reader(): Promise<string> {
    return writeConfig(this, "reader", this.name, { direct: true });
  }
}
