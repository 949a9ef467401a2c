/** Flags of a replay → what is to be planned. Wrong combinations are told before anything is read. */
import { rulesHash } from "../../src/config/models.ts";
import { CutoverError } from "../../src/errors.ts";
import { narrows, queryOf, type SelectionFlags } from "../../src/lake/select/query.ts";
import type { Session } from "../../src/session.ts";
import type { PlanRequest } from "./plan.ts";

export interface PlanFlags extends SelectionFlags {
  /** Id of the run. */
  readonly run?: string;
  /** Run, or name of a kept selection, whose whole selection is taken over. */
  readonly sameAs?: string;
  readonly pin?: string;
  readonly fresh?: boolean;
}

export async function planRequestOf(
  { store, clock, config, version, signal, streams }: Session,
  flags: PlanFlags,
  target: PlanRequest["target"],
  buckets: number,
): Promise<PlanRequest> {
  checkWhole(flags);
  return {
    store,
    query: await queryOf(flags, streams.stdin),
    target,
    run: flags.run,
    sameAs: flags.sameAs,
    pin: flags.pin,
    rules: rulesHash(config),
    fresh: flags.fresh ?? false,
    buckets,
    now: clock.now(),
    version,
    signal,
  };
}

/** A selection that is taken over is taken over whole, and from one place. */
function checkWhole(flags: PlanFlags): void {
  const { sameAs, pin } = flags;
  if (sameAs !== undefined && pin !== undefined) {
    throw new CutoverError("USAGE", "--same-as and --pin each name a whole selection", {
      hint: "leave one of them out",
    });
  }
  const flag = sameAs !== undefined ? "--same-as" : pin !== undefined ? "--pin" : undefined;
  if (flag === undefined || !narrows(flags)) return;
  throw new CutoverError("USAGE", `${flag} takes over a whole selection`, {
    hint: "leave out --model, --since, --until, --sample, --limit, --ids, --only and --from",
  });
}
