/**
 * `npm run soak:workers -- [--minutes 5] [--every 60] [--seed N] [--records N]`: four workers share a run on the running
 * services (`npm run services`) while one a minute is killed, or stopped and woken; exit 1 when anything does not hold.
 */
import { parseArgs } from "node:util";
import { testEnvironment } from "../../services/lib/endpoints.ts";
import { isUp, status } from "../../services/lib/set.ts";
import { runWorkers } from "./trial.ts";
import { openWorld } from "./world.ts";

const say = (message: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`);
/** Requests a second that four workers manage with the limits of this world, disturbed: so many records last. */
const RECORDS_PER_SECOND = 180;
const GRACE_MS = 10 * 60_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "5" },
      every: { type: "string", default: "60" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      records: { type: "string" },
    },
  });
  const [minutes, every, seed] = [Number(values.minutes), Number(values.every), Number(values.seed)];
  const records = values.records === undefined ? minutes * 60 * RECORDS_PER_SECOND : Number(values.records);
  const running = await status();
  if (running === undefined || !isUp(running)) {
    process.stderr.write("the services are not running: npm run services\n");
    return 2;
  }
  const environment = testEnvironment(running.state.ports);
  Object.assign(process.env, environment);
  const { CUTOVER_TEST_KAFKA: kafka = "", CUTOVER_TEST_S3: s3 = "" } = environment;
  const world = await openWorld({ kafka, s3, seed, records });
  try {
    const disturbMs = minutes * 60_000;
    const outcome = await runWorkers(world, {
      seed,
      workers: 4,
      everyMs: every * 1_000,
      disturbMs,
      timeoutMs: disturbMs + GRACE_MS,
      say,
    });
    for (const failure of outcome.failures) say(`FAILED: ${failure}`);
    say(JSON.stringify({ seed, ...outcome, failures: outcome.failures.length }));
    return outcome.failures.length === 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}

// What runs for it ends with it: an exit runs the hooks of those processes, a signal alone does not.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main();
