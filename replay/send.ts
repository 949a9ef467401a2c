/** One request through all its tries, to a row for the store or to the reason why there is none. */
import type { Clock } from "../src/clock.ts";
import { LIMITS } from "../src/limits.ts";
import type { Position, ReplayedRecord, ReplayOutcome } from "../src/record.ts";
import type { EndpointPace } from "./pace/endpoint.ts";
import type { Health } from "./pace/health.ts";
import type { Slot } from "./pace/lane.ts";
import { nextStep, type RetrySettings, withinBudget } from "./pace/retry.ts";
import type { Fate, Reply, Target, TargetRequest } from "./targets/target.ts";

export interface SendContext {
  readonly target: Target;
  readonly health: Health;
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asked right before each try; once false, none begins any more. */
  readonly mayTry: () => boolean;
  /** Told of each try. */
  readonly onTry?: ((reply: Reply, request: TargetRequest, latencyMs: number, now: number) => void) | undefined;
  /** Told of each try that the retry budget did not allow; false. */
  readonly onOverBudget: () => false;
}

/** `skipped`: the endpoint is parked. `stopped`: the call is ending. `tried`: the model may have seen the request. */
export type Sent =
  | { readonly kind: "result"; readonly record: ReplayedRecord }
  | { readonly kind: "skipped" | "stopped"; readonly tried: boolean };

/** Answered before any model saw the request. */
const UNSEEN: ReadonlySet<Fate> = new Set(["refused", "missing", "denied"]);

export async function sendRequest(
  context: SendContext,
  position: Position,
  request: TargetRequest,
  slot: Slot,
): Promise<Sent> {
  const { target, health, clock } = context;
  const { pace } = slot;
  const endpoint = request.endpoint.key;
  const begunAt = clock.monotonic();
  const history: History = { attempts: 0, waitedMs: 0, throttles: 0, notReady: false };
  let tried = false;
  for (;;) {
    if (!context.mayTry()) return { kind: "stopped", tried };
    if (health.parked(endpoint)) return { kind: "skipped", tried };
    const { cold } = pace;
    const startedAt = clock.monotonic();
    const reply = await target.send(request);
    const now = clock.monotonic();
    if (!UNSEEN.has(reply.fate)) tried = true;
    note(history, reply.fate);
    learn(context, pace, request, reply, startedAt, now);
    const step = withinBudget(
      nextStep(reply.fate, history, context.retry, reply.retryAfterMs, context.random),
      reply.fate,
      () => pace.mayRetry() || context.onOverBudget(),
    );
    if (step.do === "park") {
      health.park(endpoint, step.reason, `${reply.errorClass}: ${reply.errorDetail}`);
      return { kind: "skipped", tried };
    }
    if (step.do === "store") {
      // Not ready for as long as a request may wait, and nothing else all the while.
      if (step.outcome === "not_ready" && pace.aliveAt < begunAt) {
        health.park(endpoint, "endpoint_not_ready", `${reply.errorClass}: ${reply.errorDetail}`);
      }
      const last: LastTry = { latencyMs: now - startedAt, replayedAt: clock.now(), cold };
      return { kind: "result", record: toRecord(target.name, position, request, reply, step.outcome, history, last) };
    }
    slot.leave();
    const waiting = clock.monotonic();
    const woken = await clock.sleep(step.ms, health.signal(endpoint)).then(
      () => true,
      () => false,
    );
    if (!woken) return { kind: context.mayTry() ? "skipped" : "stopped", tried };
    history.waitedMs += Math.max(step.ms, clock.monotonic() - waiting);
    await slot.enter();
  }
}

interface History {
  attempts: number;
  waitedMs: number;
  throttles: number;
  notReady: boolean;
}

function note(history: History, fate: Fate): void {
  history.attempts++;
  if (fate === "throttled") history.throttles++;
  if (fate === "not_ready") history.notReady = true;
}

/** What one try says about its endpoint. */
function learn(
  context: SendContext,
  pace: EndpointPace,
  request: TargetRequest,
  reply: Reply,
  startedAt: number,
  now: number,
): void {
  const endpoint = request.endpoint.key;
  context.health.note(endpoint, reply, now);
  context.onTry?.(reply, request, now - startedAt, now);
  if (pace.note(reply.fate, reply.body?.byteLength ?? null, startedAt, now)) {
    context.health.park(endpoint, "endpoint_failing", `${reply.errorClass}: ${reply.errorDetail}`);
  }
}

interface LastTry {
  readonly latencyMs: number;
  readonly replayedAt: number;
  /** The endpoint had not answered yet when it was sent. */
  readonly cold: boolean;
}

function toRecord(
  target: string,
  { log, partition, offset }: Position,
  request: TargetRequest,
  reply: Reply,
  outcome: ReplayOutcome,
  { attempts, throttles, notReady }: History,
  { latencyMs, replayedAt, cold }: LastTry,
): ReplayedRecord {
  const answered = outcome === "ok" || outcome === "model_error";
  return {
    id: request.id,
    model: request.model,
    log,
    partition,
    offset,
    target,
    outcome,
    errorClass: reply.errorClass,
    errorDetail: reply.errorDetail === null ? null : cut(reply.errorDetail),
    status: reply.status,
    output: answered ? (reply.body ?? new Uint8Array()) : null,
    outputType: reply.type === null ? null : reply.type.toWellFormed(),
    variant: reply.variant,
    latencyMs,
    attempts,
    throttles,
    coldStart: answered ? notReady || reply.cold === true || (cold && latencyMs >= LIMITS.coldStartMs) : null,
    replayedAt,
  };
}

/** At most errorDetailBytes of UTF-8, whole characters, well-formed: Parquet text takes nothing else. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength <= LIMITS.errorDetailBytes) return text.toWellFormed();
  const decoder = new TextDecoder();
  return `${decoder.decode(bytes.subarray(0, LIMITS.errorDetailBytes - 3), { stream: true })}…`;
}
