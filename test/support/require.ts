/** Says why tests are skipped, so that the last line of the run can count them by reason. */
import { TestRunner } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Reasons why tests of this file are skipped. */
    missing?: string[];
  }
}

/**
 * True when the tests must be skipped because something is not there; for `describe.skipIf(…)`.
 * `reason` starts with the group that CUTOVER_REQUIRE names and ends with what to do:
 * `services not running: npm run services`, `pyarrow missing`.
 */
export function requireOrSkip(reason: string, available: boolean): boolean {
  if (available) return false;
  const meta = TestRunner.getCurrentSuite().file?.meta;
  if (meta) meta.missing = [...new Set([...(meta.missing ?? []), reason])];
  return true;
}
