/** The fault suite sees what is broken on purpose; a suite that does not proves nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { sabotage } from "./lib/sabotage.ts";
import { mutatedTree } from "./lib/tree.ts";
import { lacking, startWorld, type World } from "./lib/world.ts";
import { MUTATIONS } from "./mutations.ts";

const running = process.env.CUTOVER_TEST_KAFKA !== undefined;
const lacks = running ? await lacking() : [];
const skip =
  requireOrSkip("services not running: npm run services", running) ||
  requireOrSkip("services cannot be started without Docker: java, mvn or go missing", lacks.length === 0);
const SEED = Number(process.env.CUTOVER_FAULT_SEED ?? 1);

test.each(MUTATIONS)("the sources hold what is to be broken exactly once: $name", async ({ edits }) => {
  const folder = await mkdtemp(join(tmpdir(), "cutover-mutated-"));
  try {
    await mutatedTree(join(folder, "tree"), edits);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe.skipIf(skip).sequential("the fault suite sees that", { timeout: 400_000 }, () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(() => {});
  }, 900_000);
  afterAll(() => world.close());

  test.each(MUTATIONS)("$name", async (mutation) => {
    const { failures, tries } = await sabotage(world, mutation, SEED);
    expect(failures.length, `not seen under ${tries} seeds from ${SEED}`).toBeGreaterThan(0);
  });
});
