/** Ends every run with one line that counts passed, failed and skipped tests, the skipped by reason. */
import type { Reporter, TestModule } from "vitest/node";
import type {} from "./require.ts";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Reason → skipped tests. */
  readonly skipped: ReadonlyMap<string, number>;
}

export const NO_REASON = "no reason given";

export class CountReporter implements Reporter {
  readonly #required: readonly string[];

  /** `required`: comma list of groups of reasons for which a skipped test makes the run fail. */
  constructor(required: string | undefined) {
    this.#required = (required ?? "").split(",").filter((group) => group !== "");
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = countModules(modules, unhandled.length);
    const refused = refusedSkips(counts, this.#required);
    if (refused.length > 0) process.exitCode = 1;
    // At exit, because vitest may still write after its reporters have been called.
    process.once("exit", () => {
      if (refused.length > 0) process.exitCode = 1;
      process.stdout.write(`${[...refused, lastLine(asFailed(counts, process.exitCode))].join("\n")}\n`);
    });
  }
}

/** A file that could not be loaded, a hook that failed and an unhandled error count as one failed test each. */
function countModules(modules: readonly TestModule[], unhandled: number): Counts {
  let passed = 0;
  let failed = unhandled;
  const skipped = new Map<string, number>();
  for (const module of modules) {
    const reason = module.meta().missing?.join(", ") ?? NO_REASON;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed++;
      else if (state === "failed") failed++;
      else skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    }
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) failed++;
    if (module.errors().length > 0) failed++;
  }
  return { passed, failed, skipped };
}

/** A run that ends with an error has failed in something, also where no test says so: a global setup, a refused skip. */
export function asFailed(counts: Counts, exitCode: number | string | null | undefined): Counts {
  return counts.failed === 0 && exitCode ? { ...counts, failed: 1 } : counts;
}

/** `212 passed, 0 failed, 9 skipped (6 services not running: npm run services; 3 pyarrow missing)`. */
export function lastLine({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  if (skipped.size === 0) return line;
  const reasons = [...skipped].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, n]) => `${n} ${reason}`);
  const total = [...skipped.values()].reduce((sum, n) => sum + n, 0);
  return `${line}, ${total} skipped (${reasons.join("; ")})`;
}

/** What to say of each skip that CUTOVER_REQUIRE does not allow; with it no test may be skipped without a reason either. */
export function refusedSkips({ skipped }: Counts, required: readonly string[]): string[] {
  if (required.length === 0) return [];
  return [...skipped]
    .filter(([reason]) => reason === NO_REASON || reason.split(", ").some((one) => required.includes(groupOf(one))))
    .map(([reason, n]) => `CUTOVER_REQUIRE=${required.join(",")} does not allow ${n} skipped tests: ${reason}`);
}

function groupOf(reason: string): string {
  return reason.split(/[\s:]/, 1)[0] ?? reason;
}
