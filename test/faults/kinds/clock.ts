/** The wall clock jumps, by seconds to days, forth and back, while the program runs. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Kind } from "./kind.ts";

const PRELOAD = fileURLToPath(new URL("../lib/clock-steps.ts", import.meta.url));
const HOUR_MS = 3_600_000;
const LAST_STEP_MS = 4_000;
const SHIFTS_MS = [-48 * HOUR_MS, -3 * HOUR_MS, -10_000, 0, 10_000, 3 * HOUR_MS, 48 * HOUR_MS];

export const clock: Kind = {
  name: "clock",
  async run(trial) {
    const { random, world } = trial;
    if (random.chance(0.5)) trial.localStore = join(trial.folder, "lake");
    world.s3Proxy.script = async ({ op }) => {
      if (op === "put") await sleep(random.int(5, 40));
      return undefined;
    };
    for (let left = random.int(1, 2); left > 0; left--) {
      const steps = Array.from({ length: random.int(2, 6) }, () => [
        random.int(300, LAST_STEP_MS),
        random.pick(SHIFTS_MS),
      ]);
      trial.note(`clock steps ${JSON.stringify(steps)}`);
      // A server that checks signatures refuses a clock that is hours off, and the program says so.
      const mayFail = trial.localStore === undefined ? ["STORE_DENIED"] : [];
      const env = { CLOCK_STEPS: JSON.stringify(steps), NODE_OPTIONS: `--import=${PRELOAD}` };
      const member = await trial.start({ mayFail, env });
      for (const _ of steps) trial.count("clock step");
      await sleep(random.int(500, 2_000));
      await trial.topic.fill(random.int(100, 600));
      // All steps have been, and it still takes what comes: nothing waits for a time that the clock has left.
      await sleep(LAST_STEP_MS);
      await trial.topic.fill(100);
      await trial.untilPuts(member, 1);
      member.signal("SIGTERM");
      await member.ended();
    }
  },
};
