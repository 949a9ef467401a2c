/**
 * vitest's globalSetup: tells the tests where the services are. They run already → their endpoints; CUTOVER_REQUIRE
 * names `services` → start them, and stop them at the end; otherwise nothing, and the tests that need them skip.
 * Endpoints that the caller set are left as they are: the tests then run against those.
 */
import { FOREIGN_VARIABLES, TEST_VARIABLES, testEnvironment } from "./lib/endpoints.ts";
import { isUp, start, status, stop } from "./lib/set.ts";
import type { Ports } from "./lib/types.ts";

let startedHere = false;

export async function setup(): Promise<void> {
  if (TEST_VARIABLES.some((name) => process.env[name])) return;
  const running = await status();
  if (running !== undefined && isUp(running)) return tell(running.state.ports);
  if (!(process.env.CUTOVER_REQUIRE ?? "").split(",").includes("services")) return;
  const { state, already } = await start(say);
  startedHere = !already && running === undefined;
  tell(state.ports);
}

export async function teardown(): Promise<void> {
  if (startedHere) await stop(say);
}

/** Workers inherit the environment of this process. */
function tell(ports: Ports): void {
  Object.assign(process.env, testEnvironment(ports));
  for (const name of FOREIGN_VARIABLES) delete process.env[name];
}

function say(message: string): void {
  process.stderr.write(`services: ${message}\n`);
}
