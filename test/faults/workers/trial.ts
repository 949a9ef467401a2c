/** Workers share a run while one after the other is killed, or stopped and woken; then all that must hold is looked at. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplayResult } from "../../../replay/results/result.ts";
import { readResults } from "../../replay/world.ts";
import { type RunningCli, startCli } from "../../support/cli.ts";
import { type Dice, dice } from "../lib/dice.ts";
import { answerTo, WINDOW_MS } from "./endpoint.ts";
import { LIMITS_OF_TARGET, PARTITIONS, RATES_OF_TARGET, type WorkersWorld } from "./world.ts";

export interface TrialSettings {
  readonly seed: number;
  readonly workers: number;
  /** Between two disturbances. */
  readonly everyMs: number;
  /** After the last disturbance that began before it, workers are left alone. */
  readonly disturbMs: number;
  readonly timeoutMs: number;
  readonly say: (message: string) => void;
}

export interface TrialOutcome {
  readonly failures: readonly string[];
  readonly disturbances: Readonly<Record<Kind, number>>;
  readonly received: number;
  readonly peak: number;
  readonly peakOfOne: number;
  readonly inWindow: number;
  readonly inWindowOfOne: number;
  readonly seconds: number;
  readonly resent: number;
  /** Tries beyond the first: of a request that timed out the endpoint may still be at work when the next comes. */
  readonly triedAgain: number;
}

/** `stop` lasts beyond the session: the bucket is given away, and the process wakes as a zombie. `pause` does not. */
type Kind = "kill" | "stop" | "pause";
const KINDS: readonly Kind[] = ["kill", "stop", "stop", "pause"];
const STOPPED_MS = { stop: [9_000, 20_000], pause: [1_500, 4_500] } as const;
const GONE_MS = [500, 4_000] as const;
/** Stands in a header of the target. */
export const WORKER = "CUTOVER_TEST_WORKER";

export async function runWorkers(world: WorkersWorld, settings: TrialSettings): Promise<TrialOutcome> {
  const { timeoutMs, say } = settings;
  const startedAt = performance.now();
  let count = 0;
  // Each process is told apart by what it sends, also from the one that it takes the place of.
  const start = (): RunningCli => startCli(["worker"], { cwd: world.dir, timeoutMs, env: { [WORKER]: `w${count++}` } });
  const workers = Array.from({ length: settings.workers }, start);
  const args = ["replay", "--target", "t", "--queue", "kafka", "--wait", "--json"];
  const waiting = startCli(args, { cwd: world.dir, timeoutMs, env: { [WORKER]: "none" } });
  const over = new AbortController();
  const disturbances = { kill: 0, stop: 0, pause: 0 };
  const failures: string[] = [];
  const disturbing = disturb(workers, settings, start, disturbances, over.signal);
  const result = await waiting.done;
  over.abort();
  await disturbing;
  const seconds = (performance.now() - startedAt) / 1000;
  if (result.code !== 0)
    failures.push(`replay --queue exited ${result.code ?? result.signal}: ${result.stderr.slice(-2_000)}`);
  for (const [n, { child, done }] of workers.entries()) {
    child.kill("SIGTERM");
    const { code, stderr } = await done;
    if (code !== 143) failures.push(`worker ${n} exited ${code} after SIGTERM: ${stderr.slice(-2_000)}`);
  }
  let resent = 0;
  let triedAgain = 0;
  if (result.code === 0) {
    const told = JSON.parse(result.stdout) as ReplayResult;
    resent = told.resent;
    triedAgain = told.attempts - told.replayed;
    failures.push(...(await checkResults(world, told)));
  }
  failures.push(...checkLimits(world, triedAgain));
  const { received, peak, peakOfOne, inWindow, inWindowOfOne } = world.endpoints;
  say(`${received} requests for ${world.records} records, at most ${peak} at once and ${peakOfOne} of one endpoint`);
  return { failures, disturbances, received, peak, peakOfOne, inWindow, inWindowOfOne, seconds, resent, triedAgain };
}

async function disturb(
  workers: RunningCli[],
  { seed, everyMs, disturbMs, say }: TrialSettings,
  start: () => RunningCli,
  counts: Record<Kind, number>,
  over: AbortSignal,
): Promise<void> {
  const random = dice(seed);
  const until = performance.now() + disturbMs;
  const pause = (ms: number) => sleep(ms, undefined, { signal: over }).catch(() => {});
  // Every kind in its turn, so that a short trial has each.
  for (let deck: Kind[] = []; performance.now() < until; ) {
    await pause(everyMs * (0.75 + random.next() / 2));
    if (over.aborted) return;
    if (deck.length === 0) deck = random.shuffle(KINDS);
    const kind = deck.pop() as Kind;
    const victim = random.int(0, workers.length - 1);
    counts[kind]++;
    say(`${kind} of worker ${victim}`);
    await strike(workers, victim, kind, random, start, pause);
  }
}

async function strike(
  workers: RunningCli[],
  victim: number,
  kind: Kind,
  random: Dice,
  start: () => RunningCli,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const { child, done } = workers[victim] as RunningCli;
  if (kind === "kill") {
    child.kill("SIGKILL");
    await done;
    await pause(random.int(...GONE_MS));
    workers[victim] = start();
    return;
  }
  child.kill("SIGSTOP");
  const [least, most] = STOPPED_MS[kind];
  await pause(random.int(least, most));
  child.kill("SIGCONT");
}

/** Every planned position exactly once (readResults throws at a second one), with the outcome and bytes of its endpoint. */
async function checkResults({ store, records }: WorkersWorld, told: ReplayResult): Promise<string[]> {
  const failures: string[] = [];
  if (told.planned !== records || told.replayed !== records || told.failed !== 0)
    failures.push(`told: ${JSON.stringify(told)}`);
  const results = await readResults(store, told.run);
  if (results.length !== records) failures.push(`${results.length} results of ${records} records`);
  const wrong = results.filter(({ offset, model, outcome, output }) => {
    const expected = answerTo(`/${model}/invocations`, Buffer.from(`{"n":${offset}}`));
    return outcome !== "ok" || sha(output ?? new Uint8Array()) !== sha(Buffer.from(expected));
  });
  if (wrong.length > 0) {
    const { offset, outcome, errorDetail } = wrong[0] as (typeof wrong)[number];
    failures.push(`${wrong.length} results are not their endpoint's answer: ${offset} ${outcome} ${errorDetail}`);
  }
  return failures;
}

/** Seconds by which requests may come late and so closer together: by the network, and by this process itself. */
const LATENESS_S = 0.5;

/** Most that a rate lets through in a window: what it saves up at most, a tenth of a second's, is on top in each bucket. */
function mostInWindow(perSecond: number, buckets: number): number {
  return perSecond * (WINDOW_MS / 1_000 + LATENESS_S) + buckets * Math.max(1, perSecond / buckets / 10);
}

/** An endpoint may still be at work on a request that was given up when its next try comes: those are on top. */
function checkLimits({ endpoints, records }: WorkersWorld, triedAgain: number): string[] {
  const { peak, peakOfOne, received, inWindow, inWindowOfOne, met } = endpoints;
  const failures: string[] = [];
  if (met.length > 0) failures.push(`${met.length} requests met those of another worker: ${met[0]}`);
  if (peak > LIMITS_OF_TARGET.total + triedAgain)
    failures.push(`${peak} requests at once, ${LIMITS_OF_TARGET.total} are allowed`);
  if (peakOfOne > LIMITS_OF_TARGET.perEndpoint + triedAgain)
    failures.push(`${peakOfOne} requests of one endpoint at once, ${LIMITS_OF_TARGET.perEndpoint} are allowed`);
  const [most, mostOfOne] = [
    mostInWindow(RATES_OF_TARGET.total, PARTITIONS),
    mostInWindow(RATES_OF_TARGET.perEndpoint, 1),
  ];
  if (inWindow > most) failures.push(`${inWindow} requests in ${WINDOW_MS} ms, ${most} are allowed`);
  if (inWindowOfOne > mostOfOne)
    failures.push(`${inWindowOfOne} requests of one endpoint in ${WINDOW_MS} ms, ${mostOfOne} are allowed`);
  if (received < records) failures.push(`${received} requests cannot have answered ${records} records`);
  return failures;
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
