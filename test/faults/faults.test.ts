/**
 * Every kind of fault once, with a broker and an S3 server of its own: the part of the suite that fits into
 * every run of the tests. `npm run soak` does hundreds. CUTOVER_FAULT_SEED=N sets the seed.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { KINDS } from "./kinds/all.ts";
import { runTrial } from "./lib/run.ts";
import { lacking, startWorld, type World } from "./lib/world.ts";

const running = process.env.CUTOVER_TEST_KAFKA !== undefined;
const lacks = running ? await lacking() : [];
const skip =
  requireOrSkip("services not running: npm run services", running) ||
  requireOrSkip("services cannot be started without Docker: java, mvn or go missing", lacks.length === 0);

const SEED = Number(process.env.CUTOVER_FAULT_SEED ?? 1);
const MESSAGES = 900;

describe.skipIf(skip).sequential("capture holds every position once, with its bytes", { timeout: 400_000 }, () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(() => {});
  }, 900_000);
  afterAll(() => world.close());

  test.each(KINDS.map(({ kind }) => kind))("under the fault: $name", async (kind) => {
    const { failures, notes, faults } = await runTrial(kind, { world, seed: SEED, messages: MESSAGES });
    const again = `again: CUTOVER_FAULT_SEED=${SEED}, or npm run soak -- --only ${kind.name} --seed ${SEED} --runs 1`;
    expect(failures, [again, ...notes, ...failures].join("\n")).toEqual([]);
    expect(faults.size, "the fault was never done").toBeGreaterThan(0);
  });
});
