/** Everything at once, in any order: what no single kind thinks of. */
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../../src/errors.ts";
import type { Trial } from "../lib/trial.ts";
import { type Kind, SOURCE_AWAY, STORE_AWAY } from "./kind.ts";

const MAY_FAIL = [...SOURCE_AWAY, ...STORE_AWAY];
const MEMBERS_MAX = 3;

export const storm: Kind = {
  name: "storm",
  async run(trial) {
    const { random, world } = trial;
    world.s3Proxy.script = async ({ op }) => {
      if (op === "put") await sleep(random.int(0, 50));
      const lot = random.next();
      if (lot < 0.05) return { do: "answer", status: random.pick([500, 503, 429, 409]) };
      if (lot < 0.09) return { do: "lose" };
      return lot < 0.12 ? { do: "reset" } : undefined;
    };
    await start(trial);
    for (let left = random.int(6, 10); left > 0; left--) {
      await sleep(random.int(200, 1_200));
      const alive = trial.members.filter((member) => !member.hasEnded);
      const [member] = random.shuffle(alive);
      const act = random.next();
      if (member === undefined || (act < 0.3 && alive.length < MEMBERS_MAX)) await start(trial);
      else if (act < 0.5) await trial.kill(member);
      else if (act < 0.6) await pause(trial, member);
      else if (act < 0.75) await breakS3(trial);
      else if (act < 0.85) await trial.cutBroker(random.int(50, 1_500));
      else if (act < 0.95) await repair(trial);
      else await trial.topic.fill(random.int(50, 300));
    }
  },
};

async function start(trial: Trial): Promise<void> {
  const group = trial.random.chance(0.2) ? `${trial.name}-other` : trial.name;
  await trial.start({ group, mayFail: MAY_FAIL });
  trial.count("join");
}

/** Orphans are looked for and deleted while others write. */
async function repair(trial: Trial): Promise<void> {
  await trial.start({ command: ["captures", "--audit", "--repair"], mayFail: MAY_FAIL, mayExit: [EXIT.nothing] });
  trial.count("repair");
}

async function pause(trial: Trial, member: Trial["members"][number]): Promise<void> {
  member.signal("SIGSTOP");
  trial.count("zombie");
  await trial.evict();
  await sleep(trial.random.int(100, 1_000));
  member.signal("SIGCONT");
}

async function breakS3(trial: Trial): Promise<void> {
  const { random, world } = trial;
  trial.count("toxic down");
  await world.toxics.enable(false);
  await sleep(random.int(50, 1_500));
  await world.toxics.heal();
}
