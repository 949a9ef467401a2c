import { describe, expect, test } from "vitest";
import { HEARTBEAT_GAP, HeartbeatWatch } from "../../../capture/kafka/heartbeat.ts";
import type { Logger } from "../../../src/log.ts";
import { noMetrics } from "../../../src/metrics.ts";
import { fakeClock } from "../ranges/simulation.ts";

const TICK_MS = 500;

function watch() {
  const clock = fakeClock();
  const warnings: string[] = [];
  const gauges: number[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message) => void warnings.push(message),
    error() {},
    progress() {},
    flush: async () => {},
  };
  const metrics = { ...noMetrics, gauge: (_name: string, value: number) => void gauges.push(value) };
  const heartbeats = new HeartbeatWatch({ group: "g", clock, log, metrics });
  const later = (ms: number, action: () => void): void => {
    clock.advance(ms);
    action();
  };
  const beat = (): void => heartbeats.beat();
  const tick = (): void => heartbeats.tick(TICK_MS);
  return { heartbeats, warnings, gauges, later, beat, tick };
}

describe("the time between heartbeats", () => {
  test("is sent as the longest since the last tick, and is no warning up to three seconds", () => {
    const { heartbeats, warnings, gauges, later, beat, tick } = watch();
    heartbeats.joined();
    later(400, tick);
    later(600, beat);
    later(300, beat);
    later(100, tick);
    later(400, tick);
    expect(gauges).toEqual([0, 1_000, 0]);
    later(500, tick);
    later(500, tick);
    later(500, tick);
    later(500, tick);
    later(500, beat);
    expect(warnings).toEqual([]);
  });

  test("that is long because the broker was away is not blamed on this process", () => {
    const { heartbeats, warnings, later, beat, tick } = watch();
    heartbeats.joined();
    for (let i = 0; i < 12; i++) later(500, tick);
    later(100, beat);
    expect(warnings).toEqual([
      expect.stringMatching(/^heartbeat gap of 6\.1 s in the group g: the broker did not answer/),
    ]);
  });

  test("is warned about once when it is longer, with what to do", () => {
    const { heartbeats, warnings, later, beat, tick } = watch();
    heartbeats.joined();
    later(400, tick);
    // The thread is held up: the tick comes late, then the heartbeat.
    later(4_000, tick);
    later(20, beat);
    expect(warnings).toEqual([expect.stringMatching(/^heartbeat gap of 4\.0 s in the group g: .*give it more CPU/)]);
    expect(warnings[0]).toContain(HEARTBEAT_GAP);
    for (let i = 0; i < 8; i++) later(500, tick);
    later(100, beat);
    expect(warnings).toHaveLength(2);
  });

  test("does not count while this process is no member", () => {
    const { heartbeats, warnings, later, beat, tick } = watch();
    later(10_000, tick);
    heartbeats.joined();
    later(100, beat);
    heartbeats.left();
    later(30_000, tick);
    later(10, heartbeats.joined.bind(heartbeats));
    later(100, beat);
    expect(warnings).toEqual([]);
  });
});
