/** S3 behind Toxiproxy: slow, narrow, reset, silent, down; for a while, in the middle of a capture. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Toxic } from "../../services/lib/toxiproxy.ts";
import type { Dice } from "../lib/dice.ts";
import { type Kind, STORE_AWAY } from "./kind.ts";

const TOXICS: readonly ((random: Dice) => Toxic | "down")[] = [
  (random) => ({ type: "latency", attributes: { latency: random.int(50, 800), jitter: random.int(0, 300) } }),
  (random) => ({ type: "reset_peer", attributes: { timeout: random.int(0, 300) } }),
  (random) => ({ type: "reset_peer", attributes: { timeout: random.int(0, 300) }, stream: "upstream" }),
  (random) => ({ type: "timeout", attributes: { timeout: random.int(100, 1_500) } }),
  (random) => ({ type: "timeout", attributes: { timeout: random.int(100, 1_500) }, stream: "upstream" }),
  (random) => ({
    type: "bandwidth",
    attributes: { rate: random.int(5, 100) },
    stream: random.pick(["upstream", "downstream"]),
  }),
  (random) => ({
    type: "slicer",
    attributes: { average_size: 100, size_variation: 50, delay: random.int(100, 2_000) },
  }),
  (random) => ({ type: "limit_data", attributes: { bytes: random.int(0, 2_000) } }),
  () => "down",
];

export const toxics: Kind = {
  name: "toxics",
  async run(trial) {
    const { random, world } = trial;
    for (const make of random.shuffle(TOXICS).slice(0, random.int(2, 3))) {
      const member = await trial.start({ until: "end", mayFail: STORE_AWAY });
      if (!(await trial.untilPuts(member, random.int(2, 15)))) continue;
      const toxic = make(random);
      const name = toxic === "down" ? toxic : toxic.type;
      trial.count(`toxic ${name}`);
      await (toxic === "down"
        ? world.toxics.enable(false)
        : world.toxics.add({ toxicity: random.pick([0.5, 1]), ...toxic }));
      await sleep(random.int(200, 3_000));
      await world.toxics.heal();
      if (random.chance(0.5)) await member.ended();
      else await trial.kill(member);
      await trial.topic.fill(random.int(100, 500));
    }
  },
};
