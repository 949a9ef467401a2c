import { expect, test } from "vitest";
import { LIMITS } from "../../src/limits.ts";

test("every limit is a positive number, named with its unit or what it counts", () => {
  for (const [name, value] of Object.entries(LIMITS)) {
    expect(value, name).toBeGreaterThan(0);
    if (/(Bytes|Ms)$/.test(name)) expect(Number.isInteger(value), name).toBe(true);
  }
});

test("limits that contain one another do", () => {
  expect(LIMITS.pageBytes).toBeLessThanOrEqual(LIMITS.rowGroupBytes);
  expect(LIMITS.messageBytes).toBeLessThanOrEqual(LIMITS.rowGroupBytes);
  expect(LIMITS.rowGroupBytes).toBeLessThanOrEqual(LIMITS.objectBytes);
  expect(LIMITS.responseBytes).toBeLessThanOrEqual(LIMITS.commitBytes);
  expect(LIMITS.commitBytes).toBeLessThanOrEqual(LIMITS.replayBufferBytes);
  expect(LIMITS.reportTargetBytes).toBeLessThan(LIMITS.reportWarnBytes);
  expect(LIMITS.reportWarnBytes).toBeLessThan(LIMITS.reportMaxBytes);
  expect(LIMITS.captureBufferShare).toBeLessThan(1);
  expect(LIMITS.groupsPerModel).toBeLessThanOrEqual(LIMITS.groupsPerRun);
});
