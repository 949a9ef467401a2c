/** Two members that know nothing of each other: two groups, one topic, one store. Every object is fought for. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Member } from "../lib/member.ts";
import type { Trial } from "../lib/trial.ts";
import type { Kind } from "./kind.ts";

const LIVE_BATCHES = 15;
/** Of the puts of one key, both members together: fewer than any of them would give up at. */
const FAILURES_MAX = 4;

export const twins: Kind = {
  name: "twins",
  run(trial) {
    const { random } = trial;
    return fight(trial, { local: random.chance(0.25), failing: random.pick([0, 0.2]), live: random.chance(0.5) });
  },
};

/** `failing`: share of the puts that an S3 server answers with 500. `live`: messages come in while they fight. */
export async function fight(trial: Trial, { local = false, failing = 0, live = false }): Promise<void> {
  const { random, world } = trial;
  if (local) trial.localStore = join(trial.folder, "lake");
  const slow = random.int(0, 40);
  const failed = new Map<string, number>();
  world.s3Proxy.script = async ({ op, key }) => {
    if (op !== "put") return undefined;
    await sleep(random.int(0, slow));
    const before = failed.get(key) ?? 0;
    if (before >= FAILURES_MAX || !random.chance(failing)) return undefined;
    failed.set(key, before + 1);
    return { do: "answer", status: 500 };
  };
  const lengths = random.shuffle([23, 40, 61, 97]);
  const twins: Member[] = [];
  for (const [i, group] of [trial.name, `${trial.name}-twin`].entries()) {
    const records = lengths[i] ?? 50;
    twins.push(await trial.start({ group, records, ...(live ? {} : { until: "end" }) }));
    trial.count("twin");
    await sleep(random.int(0, 300));
  }
  if (live) {
    for (let left = LIVE_BATCHES; left > 0; left--) {
      await trial.topic.fill(random.int(40, 100));
      await sleep(random.int(50, 250));
    }
    for (const twin of twins) twin.signal("SIGTERM");
  }
  await Promise.all(twins.map((twin) => twin.ended()));
}
