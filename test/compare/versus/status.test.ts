import { describe, expect, test } from "vitest";
import type { Group } from "../../../compare/summary.ts";
import { fixedGroups, statusesAgainst } from "../../../compare/versus/status.ts";
import { type Changes, changesStatus, type Versus, type VersusGroup } from "../../../compare/versus/versus.ts";
import { triaged } from "../report/summaries.ts";

const NAME = "2:0a1b2c3d4e5f";
const group = (more: Partial<Group> = {}): Group => ({
  ...(triaged().groups[0] as Group),
  fingerprint: NAME,
  count: 10,
  waived: 0,
  ...more,
});

function versusOf(found: Readonly<Record<string, Partial<Changes>>>): Versus {
  const groups = Object.entries(found).map(([fingerprint, some]): VersusGroup => {
    const changes = { fixed: 0, still: 0, new: 0, unknown: 0, ...some };
    const traits = { fingerprint, model: "m", path: "$.a", kind: "value", rule: "exact" } as const;
    return { ...traits, ...changes, status: changesStatus(changes) };
  });
  const pairs = { fixed: 0, still: 0, new: 0, unknown: 0 };
  return { run: "now", against: "before", rules: "0", pairs, groups, groupsCut: 0 };
}

describe("what another run says of a group", () => {
  test.each<[string, Record<string, Partial<Changes>>, string]>([
    ["found in both is known", { [NAME]: { still: 1, new: 9 } }, "known"],
    ["found in this run alone is new", { [NAME]: { new: 10 } }, "new"],
    ["gone from some records and come to others is flaky", { [NAME]: { new: 3, fixed: 2 } }, "flaky"],
    ["of records without an answer there: nothing is claimed", { [NAME]: { unknown: 10 } }, "open"],
    ["not among its findings, since groups there are coarser: nothing is claimed", {}, "open"],
    [
      "of every shape of text is what its shapes are together",
      { [`${NAME}.00000001`]: { new: 4 }, [`${NAME}.00000002`]: { still: 1 } },
      "known",
    ],
    [
      "one shape gone and another come is flaky",
      { [`${NAME}.00000001`]: { new: 4 }, [`${NAME}.00000002`]: { fixed: 1 } },
      "flaky",
    ],
    ["a shape of another group is not its own", { "2:0a1b2c3d4e50.00000001": { new: 4 } }, "open"],
  ])("%s", (_, found, status) => {
    expect(statusesAgainst(versusOf(found))(group())).toBe(status);
  });

  test("a waived group is waived, whatever the other run holds", () => {
    expect(statusesAgainst(versusOf({ [NAME]: { new: 1 } }))(group({ waived: 10 }))).toBe("waived");
  });

  test("without another run what no waiver accepts is open, and nothing is fixed", () => {
    expect(statusesAgainst(null)(group())).toBe("open");
    expect(fixedGroups(null)).toEqual([]);
  });
});
