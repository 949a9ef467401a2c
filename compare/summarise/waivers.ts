/** Every waiver of the file, with what it was used for. */
import type { Waiver } from "../../src/config/waivers.ts";
import { addCounts } from "../accumulate/fields.ts";
import type { RunTally } from "../accumulate/tally.ts";
import type { WaiverUse } from "../summary.ts";
import type { Waives } from "../waive.ts";

/** In the order of the list. */
export function waiverUses(waivers: readonly Waiver[], { expired }: Waives, tally: RunTally): WaiverUse[] {
  const pairs = new Map<string, number>();
  for (const model of tally.models.values()) {
    addCounts(pairs, model.waivers);
    addCounts(pairs, model.expiredWaivers);
  }
  return waivers.map(({ fingerprint, reason, owner, expires }) => ({
    fingerprint,
    reason,
    owner,
    expires,
    pairs: pairs.get(fingerprint) ?? 0,
    ...(expired.has(fingerprint) ? { expired: true as const } : {}),
  }));
}

/** Fingerprints of those whose day has passed. */
export function expiredWaivers(waivers: readonly WaiverUse[]): string[] {
  return waivers.filter(({ expired }) => expired).map(({ fingerprint }) => fingerprint);
}
