/** Whether a capture is alive, and whether it does its work: from what its watch has seen. Pure. */
import { LIMITS } from "../../src/limits.ts";

/** Times are monotonic milliseconds. */
export interface CaptureState {
  readonly now: number;
  /** Last turn of the timer that everything hangs on. */
  readonly tickedAt: number;
  /** A source without a group is read from its first partition on. */
  readonly group: "none" | "joining" | "assigned" | "reading" | "left";
  readonly partitions: number;
  /** Last sign of the source's client, of whatever kind, and last answer of the broker. */
  readonly heardAt: number;
  readonly answeredAt: number;
  /** Buffers are full: the source waits for the store. */
  readonly full: boolean;
  readonly lag: number;
  /** Positions taken that are not durable yet. */
  readonly held: number;
  /** Last time a message was taken, or there was none to take. */
  readonly movedAt: number;
  /** Start of the oldest write under way. */
  readonly writingSince: number | undefined;
  /** Last time an object became durable; the start when none has. */
  readonly durableAt: number;
  /** What the store said last, if that was no. */
  readonly storeFault: string | undefined;
  readonly stoppingSince: number | undefined;
}

/** What a probe is told beside the reasons. */
export function describeState(state: CaptureState): Record<string, number | string> {
  const { now, group, partitions, lag, held, durableAt } = state;
  return { group, partitions, lag, held, sinceDurableSeconds: Math.round((now - durableAt) / 1000) };
}

/** Reasons for a restart: nothing less would help. */
export function whyNotAlive(state: CaptureState): string[] {
  const { now, tickedAt, group, heardAt, writingSince, stoppingSince } = state;
  const reasons: string[] = [];
  if (now - tickedAt > LIMITS.eventLoopMs) reasons.push(`the event loop has not turned for ${seconds(now - tickedAt)}`);
  if (group !== "none" && stoppingSince === undefined && now - heardAt > LIMITS.captureLostMs)
    reasons.push(`no sign of the Kafka client for ${seconds(now - heardAt)}: it neither reads nor tries to`);
  if (writingSince !== undefined && now - writingSince > LIMITS.captureWriteMaxMs)
    reasons.push(`a write to the store is under way for ${seconds(now - writingSince)}`);
  return reasons;
}

/** Reasons why no message is being captured now, although there may be some. */
export function whyNotReady(state: CaptureState): string[] {
  const { now, group, answeredAt, full, lag, movedAt, writingSince, storeFault, stoppingSince } = state;
  const reasons = whyNotAlive(state);
  if (stoppingSince !== undefined) return [...reasons, "stopping"];
  if (group === "joining") reasons.push("the group has not given this process its partitions yet");
  if (group === "left") reasons.push("the group is rebalancing, or cannot be reached");
  if (group === "assigned") reasons.push("looking up in the store where each partition starts");
  if (group === "reading" && now - answeredAt > LIMITS.captureSilentMs)
    reasons.push(`no answer of Kafka for ${seconds(now - answeredAt)}`);
  if (storeFault !== undefined) reasons.push(`the store: ${storeFault}`);
  if (writingSince !== undefined && now - writingSince > LIMITS.captureStuckMs)
    reasons.push(`a write to the store is under way for ${seconds(now - writingSince)}`);
  if (group === "reading" && lag > 0 && !full && now - movedAt > LIMITS.captureStuckMs)
    reasons.push(`${lag} messages behind, and none taken for ${seconds(now - movedAt)}`);
  return reasons;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
