/** `node test/services/control.ts start|stop|status`: endpoints on stdout, as shell exports; messages on stderr. */
import { FOREIGN_VARIABLES, testEnvironment } from "./lib/endpoints.ts";
import { isUp, start, status, stop } from "./lib/set.ts";
import { type Ports, ServiceError } from "./lib/types.ts";

const USAGE = `usage: node test/services/control.ts start|stop|status

start   a real Kafka, S3 server and DogStatsD receiver on loopback; prints where, as shell exports
stop    ends them and removes their data; what was installed stays in the cache
status  what runs, and where; exit code 1 when not all of them answer

CUTOVER_CACHE     where programs and data stand (default: \${XDG_CACHE_HOME:-~/.cache}/cutover)
CUTOVER_SERVICES  docker or native (default: native, or docker when that is all there is)
CUTOVER_PORT_KAFKA, _KAFKA_CONTROLLER, _S3, _DOGSTATSD, _STATSD_METRICS  fixed ports (default: any that are free)`;

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (rest.length > 0) return usage();
  switch (command) {
    case "start": {
      const { state, already } = await start(say);
      say(already ? `already running since ${state.startedAt}` : `all services answer (${state.mode})`);
      printEndpoints(state.ports);
      return 0;
    }
    case "stop": {
      const ended = await stop(say);
      say(ended.length === 0 ? "nothing was running" : `stopped ${ended.join(", ")}; data removed`);
      return 0;
    }
    case "status":
      return printStatus();
    default:
      return usage();
  }
}

async function printStatus(): Promise<number> {
  const found = await status();
  if (found === undefined) {
    say("not running: npm run services");
    return 1;
  }
  for (const [name, answers] of found.services) say(`${name}: ${answers ? "answers" : "does not answer"}`);
  printEndpoints(found.state.ports);
  if (isUp(found)) return 0;
  say("start again to bring back what is down, on the same ports and data");
  return 1;
}

function printEndpoints(ports: Ports): void {
  const exports = Object.entries(testEnvironment(ports)).map(([name, value]) => `export ${name}=${value}`);
  process.stdout.write(`${exports.join("\n")}\nunset ${FOREIGN_VARIABLES.join(" ")}\n`);
}

function usage(): number {
  say(USAGE);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ServiceError)) throw error;
  say(`error: ${error.message}`);
  process.exitCode = 2;
}
