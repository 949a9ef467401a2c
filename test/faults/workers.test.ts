/** The short form of `npm run soak:workers`: the same trial, of a minute or two, with a seed that stays. */
import { expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { runWorkers } from "./workers/trial.ts";
import { openWorld } from "./workers/world.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA ?? "";
const s3 = process.env.CUTOVER_TEST_S3 ?? "";
const skip = requireOrSkip("services not running: npm run services", kafka !== "" && s3 !== "");
const SEED = 2;
const DISTURB_MS = 60_000;
/** So many that they outlast the disturbances, by the limits of the target. */
const RECORDS = 9_000;
const TIMEOUT_MS = 600_000;

test.skipIf(skip)(
  "workers that are killed, or stopped and woken, store every position once, and no endpoint is asked for more than it may",
  { timeout: TIMEOUT_MS },
  async () => {
    const world = await openWorld({ kafka, s3, seed: SEED, records: RECORDS });
    const told: string[] = [];
    try {
      const settings = { seed: SEED, workers: 4, everyMs: 8_000, disturbMs: DISTURB_MS, timeoutMs: TIMEOUT_MS };
      const outcome = await runWorkers(world, { ...settings, say: (message) => void told.push(message) });
      expect(outcome.failures, told.join("\n")).toEqual([]);
      // Undisturbed, nothing would have been shown.
      expect(outcome.disturbances.kill).toBeGreaterThan(0);
      expect(outcome.disturbances.stop).toBeGreaterThan(0);
    } finally {
      await world.close();
    }
  },
);
