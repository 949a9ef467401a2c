/** kill -9 at exact moments of a commit: seen by the proxies, so that the program needs no hooks for it. */
import { setTimeout as sleep } from "node:timers/promises";
import { API } from "../lib/kafka-proxy.ts";
import type { Member } from "../lib/member.ts";
import type { Trial } from "../lib/trial.ts";
import { isCapture, isReject, type Kind } from "./kind.ts";

export type Moment = (typeof MOMENTS)[number];
export const MOMENTS = [
  "before the put",
  "put on its way",
  "before the answer to the put",
  "before the commit",
  "before the answer to the commit",
  "rejects on their way",
] as const;

/** Long enough for a program that does not wait for its rejects to write what names them. */
const HELD_MS = 800;

/** Kills one member at each of some moments. */
export const moments: Kind = {
  name: "moments",
  async run(trial) {
    for (const moment of trial.random.shuffle(MOMENTS).slice(0, trial.random.int(2, 4))) await killAt(trial, moment);
  },
};

export async function killAt(trial: Trial, moment: Moment, nth = trial.random.int(1, 6)): Promise<void> {
  trial.note(`killed: ${moment}, ${nth}`);
  const member = await trial.start({ until: "end" });
  const late = moment === "put on its way" ? Promise.withResolvers<void>() : undefined;
  trap(trial, member, moment, nth, late?.promise);
  await member.ended();
  trial.world.kafkaProxy.script = {};
  if (member.killedBy === "SIGKILL") trial.count(moment);
  await trial.evict();
  if (late === undefined) {
    trial.world.s3Proxy.script = () => undefined;
    return;
  }
  // The request of the dead arrives while its successor works, or after it.
  const successor = await trial.start({ until: "end" });
  await trial.untilPuts(successor, trial.random.int(3, 12));
  late.resolve();
  await successor.ended();
  trial.world.s3Proxy.script = () => undefined;
}

/** Sets the proxies up to kill the member once. */
function trap(trial: Trial, member: Member, moment: Moment, nth: number, late: Promise<void> | undefined): void {
  const { s3Proxy, kafkaProxy } = trial.world;
  let left = nth;
  const isIt = (): boolean => --left === 0;
  const kill = (): void => member.signal("SIGKILL");
  const onPut = (isWanted: (key: string) => boolean, act: () => ReturnType<typeof s3Proxy.script>): void => {
    s3Proxy.script = ({ op, key }) => {
      if (op !== "put" || !isWanted(key) || !isIt()) return undefined;
      return act();
    };
  };
  if (moment === "before the put") {
    onPut(isCapture, () => {
      kill();
      return { do: "reset" };
    });
  } else if (moment === "put on its way") {
    onPut(isCapture, async () => {
      kill();
      await late;
      return { do: "pass" };
    });
  } else if (moment === "before the answer to the put") {
    onPut(isCapture, () => ({ do: "pass", stored: kill }));
  } else if (moment === "rejects on their way") {
    const named = Promise.withResolvers<void>();
    let holder = "";
    s3Proxy.script = async ({ op, key }) => {
      if (op !== "put") return undefined;
      // It may not be written before its rejects are: then they would be named and not there.
      if (holder !== "" && key.endsWith(holder)) return { do: "pass", stored: () => named.resolve() };
      if (!isReject(key) || !isIt()) return undefined;
      holder = key.replace(/^.*\/rejects\//, "/captures/").replace(/-\d{20}-[0-9a-f]+\.parquet$/, ".parquet");
      await Promise.race([named.promise, sleep(HELD_MS)]);
      kill();
      return { do: "reset" };
    };
  } else {
    const isCommit = (api: number): boolean => api === API.offsetCommit && isIt();
    const act = ({ api, clientId }: { api: number; clientId: string }): boolean => {
      if (clientId !== member.client || !isCommit(api)) return true;
      kill();
      return false;
    };
    kafkaProxy.script = moment === "before the commit" ? { request: act } : { answer: act };
  }
}
