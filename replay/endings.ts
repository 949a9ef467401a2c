/** How a replay ends that did not do all it was asked for. */
import { CutoverError } from "../src/errors.ts";
import type { Run } from "../src/lake/run.ts";
import type { Session } from "../src/session.ts";
import type { Ended, ReplayResult } from "./results/result.ts";

export function interrupted(session: Session, result: ReplayResult): CutoverError {
  const reason = session.signal.reason;
  const code = reason instanceof CutoverError && reason.code === "TERMINATED" ? "TERMINATED" : "INTERRUPTED";
  const done = result.replayed + result.failed;
  return new CutoverError(code, `run ${result.run} stopped: ${done} of ${result.planned} results are stored`, {
    hint: "the same command goes on from here",
  });
}

/** A cap is what the user asked for; any other end is told as what it is. */
export function endedEarly({ run, target }: Run, { by, detail }: Pick<Ended, "by" | "detail">): CutoverError {
  return new CutoverError("TARGET_UNUSABLE", `run ${run} ended before all was sent: ${detail}`, {
    place: `targets.${target.name}`,
    received: by,
    hint: "what was answered is stored; the same command goes on once the target is well again",
  });
}

export function allParked(result: ReplayResult): CutoverError {
  const { endpoint, reason, detail } = result.parked[0] ?? { endpoint: "", reason: "", detail: "" };
  return new CutoverError("TARGET_UNUSABLE", "no endpoint of the target can be used", {
    place: endpoint,
    received: `${reason}: ${detail}`,
    hint: "cutover doctor; then the same command again",
  });
}

export function tooMany(run: Run, stored: number): CutoverError {
  return new CutoverError("RUN_INVALID", `run ${run.run} holds more results than it planned`, {
    expected: `${run.planned}`,
    received: `${stored}`,
    hint: "an object was copied into its folder; pin anew with --fresh",
  });
}
