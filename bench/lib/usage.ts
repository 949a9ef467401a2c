/**
 * Preloaded into every measured Node process (`node --import bench/lib/usage.ts …`): at exit it writes what
 * the operating system accounted to the file named by BENCH_USAGE.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const file = process.env.BENCH_USAGE;
if (file !== undefined) {
  // Children must not write over it.
  delete process.env.BENCH_USAGE;
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: Usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: maxRSS / 1024 };
    writeFileSync(file, JSON.stringify(usage));
  });
}
