/** What a comparison with another run says of each group of this one. */
import { isOfGroup } from "../../src/fingerprint.ts";
import type { Group } from "../summary.ts";
import { type Changes, changesStatus, type Versus, type VersusGroup } from "./versus.ts";

/** Closed set. `known`: it was there before; `open`: nothing is known of it in another run. */
export const GROUP_CHANGES = ["new", "flaky", "known"] as const;
export type GroupChange = (typeof GROUP_CHANGES)[number];
export type CardStatus = "waived" | GroupChange | "open";

/** Null without another run: then all that no waiver accepts is open. */
export function statusesAgainst(versus: Versus | null): (group: Group) => CardStatus {
  const own = new Map((versus?.groups ?? []).map((group) => [group.fingerprint, group]));
  // Findings bear the finest names; a group of every shape of text is the sum of its own.
  const shapes = Map.groupBy(own.values(), ({ fingerprint }) => fingerprint.split(".", 1)[0] ?? "");
  return ({ fingerprint, count, waived = 0 }) => {
    if (waived >= count) return "waived";
    const found = own.get(fingerprint);
    const parts = found
      ? [found]
      : (shapes.get(fingerprint) ?? []).filter((one) => isOfGroup(one.fingerprint, fingerprint));
    return STATUS[changesStatus(parts.reduce(sum, NO_CHANGE))];
  };
}

const NO_CHANGE: Changes = { fixed: 0, still: 0, new: 0, unknown: 0 };
/** What is here has not been fixed; and of what has no answer in the other run nothing is claimed. */
const STATUS = { new: "new", flaky: "flaky", still: "known", fixed: "open", unknown: "open" } as const satisfies Record<
  VersusGroup["status"],
  CardStatus
>;

function sum(a: Changes, b: Changes): Changes {
  return { fixed: a.fixed + b.fixed, still: a.still + b.still, new: a.new + b.new, unknown: a.unknown + b.unknown };
}

/** Differences of the other run that this one no longer has, the largest first. */
export function fixedGroups(versus: Versus | null): VersusGroup[] {
  return (versus?.groups ?? []).filter(({ status }) => status === "fixed");
}
