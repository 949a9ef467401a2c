/** A group of a comparison by its fingerprint. */
import { CutoverError } from "../../src/errors.ts";
import type { Group, Summary } from "../summary.ts";

const NAMED = 5;

/** USAGE, with the largest groups there are, when the comparison has none of this fingerprint. */
export function findGroup({ run, groups }: Pick<Summary, "run" | "groups">, fingerprint: string): Group {
  const found = groups.find((group) => group.fingerprint === fingerprint);
  if (found !== undefined) return found;
  const named = groups.slice(0, NAMED).map((group) => group.fingerprint);
  throw new CutoverError("USAGE", `the comparison of ${run} has no group ${fingerprint}`, {
    place: "--group",
    expected:
      groups.length === 0
        ? "a group; this comparison found no difference"
        : `one of ${named.join(", ")}${groups.length > NAMED ? ", …" : ""}`,
    received: fingerprint,
    hint: `cutover groups ${run} lists them`,
  });
}
