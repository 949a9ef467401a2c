/** The offsets that the group has committed are lost, or set to any other position, or another group takes over. */
import { deleteGroup, setOffsets } from "../../support/kafka-groups.ts";
import type { Trial } from "../lib/trial.ts";
import type { Kind } from "./kind.ts";

export const offsets: Kind = {
  name: "offsets",
  async run(trial) {
    const { random } = trial;
    for (let left = random.int(2, 3); left > 0; left--) {
      const member = await trial.start({ until: "end" });
      if (random.chance(0.5) && (await trial.untilPuts(member, random.int(3, 15)))) {
        member.signal("SIGKILL");
        trial.count("kill");
      }
      await member.ended();
      await trial.evict();
      await tamper(trial);
      await trial.topic.fill(random.int(50, 300));
    }
  },
};

/** Moves the committed offset of every partition to a position that the seed decides, without naming an object. */
async function tamper(trial: Trial): Promise<void> {
  const { topic, random, world, name } = trial;
  const ends = await topic.high();
  if (random.chance(0.2)) {
    trial.count("offsets deleted");
    await deleteGroup(world.broker, name);
    return;
  }
  trial.count("offsets moved");
  const moved = ends.map((end) => random.pick([0n, end, BigInt(random.int(0, Number(end)))]));
  await setOffsets(world.broker, name, topic.name, moved);
}
