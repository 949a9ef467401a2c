/** Runs an engine to its end, and looks after it meanwhile: for a call of its own and for a worker's batch alike. */
import { createEngine, type Engine, type EngineOptions } from "./engine.ts";
import type { Reporter } from "./progress.ts";
import type { Call } from "./results/calls.ts";

export type DriveOptions = Omit<EngineOptions, "onResult"> & { readonly call: Call; readonly reporter: Reporter };

/** `tickMs`: how often it looks around. What was measured and sent is told in the end, whatever that is. */
export async function drive({ reporter, ...options }: DriveOptions, tickMs: number): Promise<Engine> {
  const engine = createEngine({ ...options, onResult: reporter.result });
  const timer = setInterval(() => {
    engine.tick();
    reporter.tick(engine.limiter.onWire, engine.health.all.size, engine.overBudget);
  }, tickMs);
  try {
    await engine.run();
  } finally {
    clearInterval(timer);
    reporter.close(engine.overBudget);
    await options.call.close();
  }
  return engine;
}
