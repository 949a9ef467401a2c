/** Members of one group that come and go, by SIGTERM, SIGINT and kill -9, while objects are being written. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Kind } from "./kind.ts";

const MEMBERS_MAX = 4;

export const churn: Kind = {
  name: "churn",
  async run(trial) {
    const { random, world } = trial;
    world.s3Proxy.script = async ({ op }) => {
      if (op === "put") await sleep(random.int(5, 60));
      return undefined;
    };
    await trial.start();
    await trial.start();
    const filling = trial.topic.fill(random.int(500, 1_500));
    for (let left = random.int(5, 9); left > 0; left--) {
      await sleep(random.int(300, 1_500));
      const alive = trial.members.filter((member) => !member.hasEnded);
      if (alive.length < 2 || (alive.length < MEMBERS_MAX && random.chance(0.5))) {
        await trial.start();
        trial.count("join");
        continue;
      }
      const member = random.pick(alive);
      const signal = random.pick(["SIGTERM", "SIGINT", "SIGKILL"] as const);
      if (signal === "SIGKILL") {
        // All are taken out of the group: those alive have to join again.
        await trial.kill(member);
      } else {
        member.signal(signal);
        trial.count("leave");
      }
    }
    await filling;
  },
};
