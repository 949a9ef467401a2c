/** Two members that know nothing of each other: two groups, one topic, one store. Every object is fought for. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Kind } from "./kind.ts";

export const twins: Kind = {
  name: "twins",
  async run(trial) {
    const { random, world } = trial;
    const slow = random.int(0, 40);
    world.s3Proxy.script = async ({ op }) => {
      if (op === "put") await sleep(random.int(0, slow));
      return undefined;
    };
    const lengths = random.shuffle([23, 40, 61, 97]);
    const twins = [];
    for (const [i, group] of [trial.name, `${trial.name}-twin`].entries()) {
      twins.push(await trial.start({ until: "end", group, records: lengths[i] ?? 50 }));
      trial.count("twin");
      await sleep(random.int(0, 300));
    }
    await Promise.all(twins.map((twin) => twin.ended()));
  },
};
