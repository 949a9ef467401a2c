import { describe, expect, test } from "vitest";
import { type CaptureState, describeState, whyNotAlive, whyNotReady } from "../../../capture/operations/health.ts";
import { LIMITS } from "../../../src/limits.ts";

const NOW = 10_000_000;
const well: CaptureState = {
  now: NOW,
  tickedAt: NOW - 900,
  group: "reading",
  partitions: 6,
  heardAt: NOW - 3_000,
  answeredAt: NOW - 3_000,
  full: false,
  lag: 0,
  held: 0,
  movedAt: NOW,
  writingSince: undefined,
  durableAt: NOW - 5_000,
  storeFault: undefined,
  stoppingSince: undefined,
};
const stuck = NOW - LIMITS.captureStuckMs - 1;

describe("a capture is ready", () => {
  test.each<[string, Partial<CaptureState>]>([
    ["while all is well", {}],
    ["as a member that has no partition", { partitions: 0 }],
    ["far behind, as long as it moves", { lag: 1_000_000 }],
    ["without progress when there is nothing to read", { movedAt: stuck }],
    ["without progress while it waits for the store to take what it holds", { lag: 9, movedAt: stuck, full: true }],
    ["from files, which answer to no group", { group: "none", answeredAt: 0, heardAt: 0 }],
    ["while a write takes its time", { writingSince: NOW - LIMITS.captureStuckMs + 1_000 }],
  ])("%s", (_name, state) => {
    expect(whyNotReady({ ...well, ...state })).toEqual([]);
    expect(whyNotAlive({ ...well, ...state })).toEqual([]);
  });
});

describe("a capture is alive, but not ready", () => {
  test.each<[string, Partial<CaptureState>, RegExp]>([
    ["before the group has given it anything", { group: "joining" }, /not given/],
    ["while it looks up where to start", { group: "assigned" }, /looking up/],
    ["during a rebalance", { group: "left" }, /rebalancing/],
    [
      "without an answer of the broker",
      { answeredAt: NOW - LIMITS.captureSilentMs - 1 },
      /no answer of Kafka for 15 s/,
    ],
    [
      "after the store said no",
      { storeFault: "STORE_UNAVAILABLE: timeout" },
      /^the store: STORE_UNAVAILABLE: timeout$/,
    ],
    ["with a write that does not end", { writingSince: stuck }, /under way for 60 s/],
    ["behind, with no message taken", { lag: 9, movedAt: stuck }, /^9 messages behind, and none taken for 60 s$/],
    ["once it was told to stop", { stoppingSince: NOW }, /^stopping$/],
  ])("%s", (_name, state, reason) => {
    const reasons = whyNotReady({ ...well, ...state });
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
    expect(whyNotAlive({ ...well, ...state })).toEqual([]);
  });
});

describe("only a restart helps", () => {
  test.each<[string, Partial<CaptureState>, RegExp]>([
    ["when the loop stands still", { tickedAt: NOW - LIMITS.eventLoopMs - 1 }, /event loop/],
    [
      "when the client gives no sign at all",
      { heardAt: NOW - LIMITS.captureLostMs - 1 },
      /no sign of the Kafka client/,
    ],
    ["when a write never ends", { writingSince: NOW - LIMITS.captureWriteMaxMs - 1 }, /under way for 1800 s/],
  ])("%s", (_name, state, reason) => {
    expect(whyNotAlive({ ...well, ...state })).toEqual([expect.stringMatching(reason)]);
    expect(whyNotReady({ ...well, ...state })).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
  });
});

test("a probe is told where it stands", () => {
  expect(describeState({ ...well, lag: 3, held: 8 })).toEqual({
    group: "reading",
    partitions: 6,
    lag: 3,
    held: 8,
    sinceDurableSeconds: 5,
  });
});
