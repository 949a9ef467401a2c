/** Capture: messages of about 1 KB from a topic of 6 partitions, 400 models, to the S3 server as Parquet. */
import { measureCorners, measureGrowth } from "./capture/memory.ts";
import { CAPTURE_PEERS, preparePeer } from "./capture/peers.ts";
import { runOurs, runPeer } from "./capture/runs.ts";
import { type World, withWorld } from "./capture/world.ts";
import { MODELS } from "./lib/content.ts";
import { type Contender, interleave } from "./lib/interleave.ts";
import type { Program } from "./lib/measure.ts";
import { type BenchOptions, choosePeers, type StageResult } from "./lib/stage.ts";

const PARTITIONS = 6;
const NOTES = [
  "per second: from the first message to the last object written, as each measures itself",
  "whole: the same ratio by the wall time of whole processes; CPU and memory too are those of whole processes, as the operating system accounts for them",
];

export async function benchCapture(options: BenchOptions): Promise<StageResult> {
  // Before the services are asked for anything: what is missing or misspelt is told at once.
  const programs = new Map<string, Pick<Program, "args" | "exec">>();
  for (const name of choosePeers(CAPTURE_PEERS, options)) programs.set(name, await preparePeer(name));
  return withWorld(options, async (world) => {
    const speed = options.only === "memory" ? { peers: [], notes: [] } : await race(world, programs, options);
    const corners = options.only === "speed" ? [] : await measureCorners(world, options);
    return { ...speed, corners };
  });
}

async function race(
  world: World,
  programs: ReadonlyMap<string, Pick<Program, "args" | "exec">>,
  options: BenchOptions,
): Promise<StageResult> {
  const topic = await world.fill({ records: options.records, partitions: PARTITIONS, models: MODELS });
  const ours: Contender = { name: "cutover", run: () => runOurs(world, topic, options) };
  const contenders = [...programs].map(
    ([name, program]): Contender => ({ name, run: () => runPeer(world, topic, program, options) }),
  );
  const { peers, own } = await interleave(ours, contenders, options);
  const memory = await measureGrowth(world, { topic, peakMb: own.peakMb }, options);
  await world.drop(topic);
  return {
    peers,
    memory,
    notes: [`messages of ${Math.round(topic.bytes / topic.records)} bytes on average`, ...NOTES],
  };
}
