/** Peak resident memory of ours at the default setting of `capture.memory`. */
import { MODELS } from "../lib/content.ts";
import type { BenchOptions, Corner, MemoryResult } from "../lib/stage.ts";
import { runOurs } from "./runs.ts";
import type { FilledTopic, World } from "./world.ts";

/** Few and many partitions, one and many models: what buffers could grow with. */
const CORNERS = [6, 600].flatMap((partitions) => [1, MODELS].map((models) => ({ partitions, models })));
/** Of the records of a round: 300 k of 1 M are 1.4 times what the buffers may hold, which is enough to fill them. */
const CORNER_SHARE = 0.3;

export async function measureCorners(world: World, options: BenchOptions): Promise<readonly Corner[]> {
  const records = share(options.records, CORNER_SHARE);
  const corners: Corner[] = [];
  for (const { partitions, models } of CORNERS) {
    const topic = await world.fill({ records, partitions, models });
    const { peakMb } = await runOurs(world, topic, options);
    await world.drop(topic);
    options.progress(`${partitions} partitions, ${models} models: ${Math.round(peakMb)} MB`);
    corners.push({ partitions, models, records, peakMb: Math.round(peakMb) });
  }
  return corners;
}

/** Peak memory at a tenth of the size, beside that of the full one. */
export async function measureGrowth(
  world: World,
  large: { readonly topic: FilledTopic; readonly peakMb: number },
  options: BenchOptions,
): Promise<MemoryResult> {
  const { records, partitions, models } = large.topic;
  const small = await world.fill({ records: share(records, 0.1), partitions, models });
  const { peakMb } = await runOurs(world, small, options);
  await world.drop(small);
  return {
    small: { records: small.records, peakMb: Math.round(peakMb) },
    large: { records, peakMb: Math.round(large.peakMb) },
    growth: large.peakMb / peakMb - 1,
  };
}

function share(records: number, part: number): number {
  return Math.max(1, Math.round(records * part));
}
