/** One request through all its tries, to a row for the store or to the reason why there is none. */
import type { Clock } from "../src/clock.ts";
import { LIMITS } from "../src/limits.ts";
import type { Position, ReplayedRecord, ReplayOutcome } from "../src/record.ts";
import type { EndpointPace } from "./pace/endpoint.ts";
import type { Health } from "./pace/health.ts";
import type { Slot } from "./pace/lane.ts";
import { nextStep, type RetrySettings, type Step, withinBudget } from "./pace/retry.ts";
import { type Fate, type Reply, type Target, type TargetRequest, UNSENT } from "./targets/target.ts";

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

/**
 * An async function only from the second try on: the first answer is nearly always the last, and what such a function
 * leaves behind is half a kilobyte of garbage a request.
 */
export function sendRequest(
  context: SendContext,
  position: Position,
  request: TargetRequest,
  slot: Slot,
): Promise<Sent> {
  const history: History = { attempts: 0, waitedMs: 0, throttles: 0, notReady: false, tried: false };
  const sending: Sending = { position, request, slot, history, begunAt: context.clock.monotonic() };
  const refused = refusal(context, sending);
  if (refused) return Promise.resolve(refused);
  const { cold } = slot.pace;
  return context.target.send(request).then((reply) => {
    const outcome = afterTry(context, sending, reply, cold, sending.begunAt);
    return typeof outcome === "number" ? tryAgain(context, sending, outcome) : outcome;
  });
}

/** One request on its way. */
interface Sending {
  readonly position: Position;
  readonly request: TargetRequest;
  readonly slot: Slot;
  readonly history: History;
  /** Monotonic milliseconds of its first try. */
  readonly begunAt: number;
}

async function tryAgain(context: SendContext, sending: Sending, firstWaitMs: number): Promise<Sent> {
  const { target, health, clock } = context;
  const { request, slot, history } = sending;
  for (let waitMs = firstWaitMs; ; ) {
    slot.leave();
    const waiting = clock.monotonic();
    const woken = await clock.sleep(waitMs, health.signal(request.endpoint.key)).then(
      () => true,
      () => false,
    );
    if (!woken) return { kind: context.mayTry() ? "skipped" : "stopped", tried: history.tried };
    history.waitedMs += Math.max(waitMs, clock.monotonic() - waiting);
    await slot.enter();
    const refused = refusal(context, sending);
    if (refused) return refused;
    const { cold } = slot.pace;
    const startedAt = clock.monotonic();
    const outcome = afterTry(context, sending, await target.send(request), cold, startedAt);
    if (typeof outcome !== "number") return outcome;
    waitMs = outcome;
  }
}

/** Why no try may follow now. */
function refusal(context: SendContext, { request, history: { tried } }: Sending): Sent | undefined {
  if (!context.mayTry()) return { kind: "stopped", tried };
  return context.health.parked(request.endpoint.key) ? { kind: "skipped", tried } : undefined;
}

/** What a try comes to, or the milliseconds after which another follows. `cold`: as the endpoint was when it began. */
function afterTry(
  context: SendContext,
  { position, request, slot, history, begunAt }: Sending,
  reply: Reply,
  cold: boolean,
  startedAt: number,
): Sent | number {
  if (reply === UNSENT) return { kind: "stopped", tried: history.tried };
  const { target, health, clock } = context;
  const { pace } = slot;
  const endpoint = request.endpoint.key;
  const now = clock.monotonic();
  note(history, reply.fate);
  learn(context, pace, request, reply, startedAt, now);
  const step = stepAfter(context, pace, reply, history);
  if (step.do === "wait") return step.ms;
  if (step.do === "park") {
    health.park(endpoint, step.reason, `${reply.errorClass}: ${reply.errorDetail}`);
    return { kind: "skipped", tried: history.tried };
  }
  // Not ready for as long as a request may wait, and nothing else all the while.
  if (step.outcome === "not_ready" && pace.aliveAt < begunAt) {
    health.park(endpoint, "endpoint_not_ready", `${reply.errorClass}: ${reply.errorDetail}`);
  }
  const latencyMs = now - startedAt;
  const coldStart = reply.cold ?? (history.notReady || (cold && latencyMs >= LIMITS.coldStartMs));
  const last: LastTry = { latencyMs, replayedAt: clock.now(), coldStart };
  return { kind: "result", record: toRecord(target.name, position, request, reply, step.outcome, history, last) };
}

function stepAfter(context: SendContext, pace: EndpointPace, reply: Reply, history: History): Step {
  // Nearly all there is: nothing is made for it.
  if (reply.fate === "ok") return STORE_OK;
  return withinBudget(
    nextStep(reply.fate, history, context.retry, reply.retryAfterMs, context.random),
    reply.fate,
    () => pace.mayRetry() || context.onOverBudget(),
  );
}

const STORE_OK: Step = { do: "store", outcome: "ok" };

interface History {
  attempts: number;
  waitedMs: number;
  throttles: number;
  notReady: boolean;
  /** The model may have seen the request. */
  tried: boolean;
}

function note(history: History, fate: Fate): void {
  history.attempts++;
  if (!UNSEEN.has(fate)) history.tried = true;
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
  /** The target says so itself; else the endpoint had not been ready, or had not answered yet and took its time. */
  readonly coldStart: boolean;
}

function toRecord(
  target: string,
  { log, partition, offset }: Position,
  request: TargetRequest,
  reply: Reply,
  outcome: ReplayOutcome,
  { attempts, throttles }: History,
  { latencyMs, replayedAt, coldStart }: LastTry,
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
    coldStart: answered ? coldStart : null,
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
