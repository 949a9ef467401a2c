/** `cutover compare --queue kafka`: the units of a comparison become messages, workers do them, and their parts are merged here. */
import { CutoverError } from "../../src/errors.ts";
import { hashText } from "../../src/hash.ts";
import { askedPrefix, partsPrefix } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import { connectPublisher } from "../../src/queue/kafka-queue.ts";
import type { UnitOrder, UnitPublisher } from "../../src/queue/port.ts";
import { queueConnection } from "../../src/queue/settings.ts";
import type { Session } from "../../src/session.ts";
import { RunTally } from "../accumulate/tally.ts";
import type { Problem } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { type Asked, askedFor, partKeyOf, putAsked, unitDigests } from "./asked.ts";
import { publishDiffs, readPart } from "./part.ts";
import type { Judged } from "./threads.ts";

/** Between two looks at what workers have done. */
const LOOK_MS = 1_000;
/** Looks without a worker after which it is said, and said again. */
const LONELY_LOOKS = 30;
/** Times that units are put on the queue: workers of another version pass them over. */
const ROUNDS = 2;

export interface QueueJudging {
  readonly rulesHash: string;
  readonly judge: Asked["judge"];
  readonly units: readonly Unit[];
  readonly onUnit: (unit: Unit, workers: number) => void;
}

/** Waits until every unit has a part. One that has one already is not judged again, unless it told of a problem. */
export async function judgeOnQueue(session: Session, { onUnit, ...facts }: QueueJudging): Promise<Judged> {
  const { config, store, log } = session;
  const publisher = await connectPublisher(queueConnection(config), log);
  try {
    const partitions = await publisher.ensure(LIMITS.queuePartitions);
    const asked = askedFor(config, { tool: session.version, ...facts });
    const parts = createParts(session, asked);
    await parts.take((unit) => onUnit(unit, 0), { withProblems: false });
    for (let round = 1; parts.missing.length > 0; round++) {
      if (round > ROUNDS) throw passedOver(parts.missing, publisher);
      // Again each time: another who asked for the same may have had it all, and deleted it.
      const key = await putAsked(store, asked);
      const orders = parts.missing.map(({ object }): UnitOrder => {
        const bucket = hashText(object.key) % partitions;
        return { work: "compare", run: facts.judge.run.run, key: object.key, bucket, asked: key };
      });
      log.info("queued", { run: facts.judge.run.run, units: orders.length, queue: publisher.name });
      await waitForParts(session, publisher, await publisher.publish(orders), parts, onUnit);
    }
    await parts.deleteOthers();
    return parts.judged();
  } finally {
    await publisher.close();
  }
}

interface Parts {
  readonly missing: readonly Unit[];
  /** Merges the parts that have come, and puts their diffs where they belong. */
  take(onUnit: (unit: Unit) => void, options?: { readonly withProblems: boolean }): Promise<void>;
  /** Deletes those of other inputs, other days and the like, what stands beside parts, and what was asked. */
  deleteOthers(): Promise<void>;
  judged(): Judged;
}

function createParts({ store, signal }: Session, asked: Asked): Parts {
  const digests = unitDigests(asked);
  const all = new Map(
    asked.units.map((unit, at) => [
      partKeyOf(asked, unit, digests[at] as string),
      { unit, digest: digests[at] as string },
    ]),
  );
  const missing = new Map(all);
  const { run, rules } = asked.judge;
  const prefix = partsPrefix(run.run, rules);
  const tally = new RunTally();
  const diffs = new Set<string>();
  const problems: Problem[] = [];
  let unreadable = 0;
  return {
    get missing() {
      return [...missing.values()].map(({ unit }) => unit);
    },
    async take(onUnit, { withProblems } = { withProblems: true }) {
      for await (const { key } of store.list(prefix, { signal })) {
        const wanted = missing.get(key);
        if (wanted === undefined) continue;
        const part = await readPart(store, key, wanted.digest);
        // What went wrong may be mended by now, and a part that does not stand is in the way of one that does.
        const isOfUse = part !== undefined && (part.problems.length === 0 || withProblems);
        if (!isOfUse || !(await publishDiffs(store, key, part.diffs))) {
          await store.delete([key]);
          continue;
        }
        missing.delete(key);
        tally.merge(part.tally);
        for (const written of part.diffs) diffs.add(written.key);
        problems.push(...part.problems);
        unreadable += part.unreadable;
        onUnit(wanted.unit);
      }
    },
    async deleteOthers() {
      const others: string[] = [];
      for await (const { key } of store.list(prefix, { signal })) if (!all.has(key)) others.push(key);
      for await (const { key } of store.list(askedPrefix(run.run, rules), { signal })) others.push(key);
      if (others.length > 0) await store.delete(others);
    },
    judged: () => ({ tally, diffs, problems, unreadable }),
  };
}

/** Until all have come, or all that was asked for is done and some have not: then they must be asked for again. */
async function waitForParts(
  { clock, log, signal }: Session,
  publisher: UnitPublisher,
  ends: ReadonlyMap<number, bigint>,
  parts: Parts,
  onUnit: QueueJudging["onUnit"],
): Promise<void> {
  for (let looks = 0; ; looks++) {
    const workers = await publisher.workers();
    const done = await publisher.done();
    // Acknowledged before the parts are looked at, so a part that is not there then will not come.
    const left = [...ends].filter(([partition, end]) => (done.get(partition) ?? -1n) < end);
    await parts.take((unit) => onUnit(unit, workers));
    if (parts.missing.length === 0) return;
    if (left.length === 0) {
      log.warn("units are done and have left no part: they are asked for again", { units: parts.missing.length });
      return;
    }
    if (workers === 0 && looks % LONELY_LOOKS === LONELY_LOOKS - 1)
      log.warn("no worker is in the group: nothing is done until one is started", { hint: "cutover worker" });
    await clock.sleep(LOOK_MS, signal);
  }
}

function passedOver(missing: readonly Unit[], { name }: UnitPublisher): CutoverError {
  return new CutoverError("COMPARE_INCOMPLETE", `workers have passed over ${missing.length} units of the comparison`, {
    place: name,
    received: `no part of ${missing
      .slice(0, 3)
      .map(({ object }) => object.key)
      .join(", ")}`,
    hint: "see the log of the workers; they must be of this version. Without --queue this process judges by itself",
  });
}
