import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/support/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tells the tests where the real services are; under CUTOVER_REQUIRE=services starts them.
    globalSetup: ["test/services/setup.ts"],
    // Two cores: more workers only wait for each other, and time-sensitive tests begin to fail.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ["default", new CountReporter(process.env.CUTOVER_REQUIRE)],
  },
});
