/** One request through all its tries, to a row for the store or to the reason why there is none. */
import type { Clock } from "../src/clock.ts";
import { LIMITS } from "../src/limits.ts";
import type { Position, ReplayedRecord, ReplayOutcome } from "../src/record.ts";
import type { Health } from "./pace/health.ts";
import type { Slot } from "./pace/limiter.ts";
import { nextStep, type RetrySettings } from "./pace/retry.ts";
import type { Fate, Reply, Target, TargetRequest } from "./targets/target.ts";

export interface SendContext {
  readonly target: Target;
  readonly health: Health;
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** No try begins after it aborts; waits end at once. */
  readonly stop: AbortSignal;
  /** Asked right before each try. */
  readonly mayTry: () => boolean;
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
  const { target, health, clock, stop } = context;
  const endpoint = request.endpoint.key;
  let attempts = 0;
  let throttles = 0;
  let waitedMs = 0;
  let tried = false;
  for (;;) {
    if (!context.mayTry()) return { kind: "stopped", tried };
    if (health.parked(endpoint)) return { kind: "skipped", tried };
    const startedAt = clock.monotonic();
    const reply = await target.send(request);
    const latencyMs = clock.monotonic() - startedAt;
    attempts++;
    if (reply.fate === "throttled") throttles++;
    if (!UNSEEN.has(reply.fate)) tried = true;
    health.note(endpoint, reply, clock.monotonic());
    const step = nextStep(reply.fate, { attempts, waitedMs }, context.retry, reply.retryAfterMs, context.random);
    if (step.do === "park") {
      health.park(endpoint, step.reason, `${reply.errorClass}: ${reply.errorDetail}`);
      return { kind: "skipped", tried };
    }
    if (step.do === "store") {
      const counts = { attempts, throttles, latencyMs, replayedAt: clock.now() };
      return { kind: "result", record: toRecord(target.name, position, request, reply, step.outcome, counts) };
    }
    slot.leave();
    const waiting = clock.monotonic();
    const woken = await clock.sleep(step.ms, AbortSignal.any([stop, health.signal(endpoint)])).then(
      () => true,
      () => false,
    );
    if (!woken) return { kind: stop.aborted ? "stopped" : "skipped", tried };
    waitedMs += Math.max(step.ms, clock.monotonic() - waiting);
    await slot.enter();
  }
}

interface Counts {
  readonly attempts: number;
  readonly throttles: number;
  readonly latencyMs: number;
  readonly replayedAt: number;
}

function toRecord(
  target: string,
  { log, partition, offset }: Position,
  request: TargetRequest,
  reply: Reply,
  outcome: ReplayOutcome,
  counts: Counts,
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
    coldStart: null,
    ...counts,
  };
}

/** At most errorDetailBytes of UTF-8, whole characters, well-formed: Parquet text takes nothing else. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength <= LIMITS.errorDetailBytes) return text.toWellFormed();
  const decoder = new TextDecoder();
  return `${decoder.decode(bytes.subarray(0, LIMITS.errorDetailBytes - 3), { stream: true })}…`;
}
