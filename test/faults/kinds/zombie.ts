/**
 * A member that stands still, SIGSTOP, with a put on its way, until the group has given its partitions to
 * another; which captures all there is, in ranges of another length. Then it wakes up, and its put arrives.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isCapture, type Kind } from "./kind.ts";

/** The session timeout of the program, and the time in which a broker notices. */
const FENCED_MS = 15_000 + 3_000;

export const zombie: Kind = {
  name: "zombie",
  async run(trial) {
    const { random, world } = trial;
    const zombie = await trial.start({ records: 40 });
    const wake = Promise.withResolvers<void>();
    let left = random.int(2, 12);
    world.s3Proxy.script = async ({ op, key }) => {
      if (op !== "put" || !isCapture(key) || --left !== 0) return undefined;
      zombie.signal("SIGSTOP");
      await wake.promise;
      return random.chance(0.2) ? { do: "reset" } : { do: "pass" };
    };
    await trial.until(zombie, () => left <= 0);
    trial.count("zombie");
    if (random.chance(0.15)) {
      trial.note("fenced by its session");
      await sleep(FENCED_MS);
    } else {
      await trial.evict();
    }
    const heir = await trial.start({ until: "end", records: random.pick([25, 60, 97]) });
    // Sometimes it wakes up while the heir is still at work.
    if (random.chance(0.4)) await trial.untilPuts(heir, random.int(3, 10));
    else await heir.ended();
    await trial.topic.fill(random.int(0, 400));
    const isFirst = random.chance(0.5);
    if (isFirst) wake.resolve();
    zombie.signal("SIGCONT");
    await sleep(random.int(0, 500));
    wake.resolve();
    await heir.ended();
    await sleep(random.int(500, 2_500));
  },
};
