/** kill -9 at moments that the seed decides: after so many objects, and some milliseconds more. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kind } from "./kind.ts";

export const kill: Kind = {
  name: "kill",
  async run(trial) {
    const { random } = trial;
    if (random.chance(0.3)) trial.localStore = join(trial.folder, "lake");
    for (let left = random.int(1, 3); left > 0; left--) {
      const member = await trial.start({ until: "end" });
      if (!(await trial.untilPuts(member, random.int(1, 20)))) break;
      await sleep(random.int(0, 60));
      await trial.kill(member);
    }
  },
};
