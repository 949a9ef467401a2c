/** The broker goes away in the middle of a capture: killed, ended cleanly, or cut off; and comes back. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Trial } from "../lib/trial.ts";
import { type Kind, SOURCE_AWAY } from "./kind.ts";

/** It may have taken all there is. */
const PATIENCE_MS = 5_000;

/** The line is cut: quick, and from the program's side the same. */
export const cut: Kind = {
  name: "cut",
  run: (trial) => away(trial, () => trial.cutBroker(trial.random.pick([50, 500, 2_000, 6_000]))),
};

export const broker: Kind = {
  name: "broker",
  run: (trial) =>
    away(trial, async () => {
      const { random, world } = trial;
      const signal = random.pick(["SIGKILL", "SIGTERM"] as const);
      trial.count(`broker ${signal}`);
      await trial.withoutBroker(async () => {
        await world.brokerProcess.end(signal);
        await sleep(random.int(0, 1_500));
        await world.brokerProcess.start();
      });
    }),
};

async function away(trial: Trial, disturb: () => Promise<void>): Promise<void> {
  const { random, world } = trial;
  world.s3Proxy.script = async ({ op }) => {
    if (op === "put") await sleep(random.int(5, 40));
    return undefined;
  };
  const member = await trial.start({ mayFail: SOURCE_AWAY });
  for (let left = random.int(1, 2); left > 0; left--) {
    await trial.untilPuts(member, random.int(2, 15), PATIENCE_MS);
    await disturb();
  }
  await trial.topic.fill(random.int(50, 300));
  // It goes on by itself, or has said that it cannot.
  await trial.untilPuts(member, 1);
}
