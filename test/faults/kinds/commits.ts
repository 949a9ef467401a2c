/** Objects become durable and the commits of their offsets are lost: what the group remembers lies behind the ledger. */
import { API } from "../lib/kafka-proxy.ts";
import type { Kind } from "./kind.ts";

export const commits: Kind = {
  name: "commits",
  async run(trial) {
    const { random, world } = trial;
    let left = random.int(1, 4);
    world.kafkaProxy.script = { request: ({ api }) => api !== API.offsetCommit || left-- > 0 };
    const member = await trial.start({ until: "end", records: 30 });
    await trial.untilPuts(member, random.int(12, 25));
    await trial.kill(member);
    trial.count("commits lost");
    await trial.topic.fill(random.int(50, 200));
  },
};
