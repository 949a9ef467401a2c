import { afterEach, describe, expect, test, vi } from "vitest";
import { clockProof, type HeartbeatGroup } from "../../../src/kafka/kafkajs.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("heartbeats to the group", () => {
  test("go on when the wall clock steps back", async () => {
    vi.useFakeTimers({ now: 10_000_000 });
    const sent: number[] = [];
    const group: HeartbeatGroup = {
      lastRequest: 0,
      // As kafkajs decides it.
      heartbeat: clockProof(async function (this: HeartbeatGroup, { interval }) {
        const now = Date.now();
        if (now < this.lastRequest + interval) return;
        sent.push(now);
        this.lastRequest = now;
      }),
    };
    const beat = async (at: number): Promise<void> => {
      vi.setSystemTime(at);
      await group.heartbeat({ interval: 1_000 });
    };
    await beat(10_000_000);
    await beat(10_000_500);
    await beat(10_001_000);
    // An hour back: sent at once, then once an interval again.
    await beat(6_401_000);
    await beat(6_401_500);
    await beat(6_402_000);
    expect(sent).toEqual([10_000_000, 10_001_000, 6_401_000, 6_402_000]);
  });
});
