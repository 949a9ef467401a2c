import { describe, expect, test } from "vitest";
import { gateStage } from "../../compare/gate.ts";
import { compareStage } from "../../compare/run-compare.ts";
import type { WrittenConfig } from "../../src/config/schema.ts";
import { EXIT } from "../../src/errors.ts";
import { describeFailure } from "../../src/setup/failure.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, equalPairs, type LakeSpec, testSession } from "./pipeline-lake.ts";

const config: Partial<WrittenConfig> = { models: { "*": { default: "exact", gate: { maxMismatchRate: 0.1 } } } };
const spec: LakeSpec = { objects: [[...equalPairs(60), { legacy: '{"a":1}', candidate: '{"a":2}' }], equalPairs(30)] };

/** What a command ends with: the exit code of its verdict, or of what it threw. */
async function exitOf(store: Store): Promise<number> {
  try {
    const session = testSession(store, config);
    await compareStage(session, {});
    return (await gateStage(session, {})).exitCode;
  } catch (error) {
    return describeFailure(error, "test", false).exitCode;
  }
}

/** The n-th call of any method throws what nobody expects. */
function broken(store: Store, fatal: number, seen: { calls: number }): Store {
  const wrapped = { ...store } as Record<string, unknown>;
  for (const name of Object.keys(store) as (keyof Store)[]) {
    const method = store[name] as unknown;
    if (typeof method !== "function" || name === "close") continue;
    wrapped[name] = (...args: unknown[]) => {
      if (seen.calls++ === fatal) throw new TypeError("on purpose");
      return method.apply(store, args);
    };
  }
  return wrapped as unknown as Store;
}

describe("an exception thrown on purpose", () => {
  test("at any call of the store ends in 70, never in a verdict", async () => {
    const whole = { calls: 0 };
    expect(await exitOf(broken(await buildLake(spec), -1, whole))).toBe(EXIT.pass);
    expect(whole.calls).toBeGreaterThan(15);
    for (let fatal = 0; fatal < whole.calls; fatal++) {
      expect(await exitOf(broken(await buildLake(spec), fatal, { calls: 0 })), `call ${fatal}`).toBe(EXIT.bug);
    }
  });
});
