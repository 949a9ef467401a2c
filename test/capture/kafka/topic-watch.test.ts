import { describe, expect, test } from "vitest";
import { TopicWatch } from "../../../capture/kafka/topic-watch.ts";
import { readTopicIds, topicIdsRequest } from "../../../capture/kafka/wire.ts";
import type { Logger } from "../../../src/log.ts";
import { fakeClock } from "../ranges/simulation.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };
type Answer = string | null | undefined | Error;

async function watching(first: Answer) {
  const clock = fakeClock();
  const says: { now: Answer } = { now: first };
  let asked = 0;
  const client = {
    topicIds: async () => {
      asked++;
      const { now } = says;
      if (now instanceof Error) throw now;
      return new Map(now === undefined ? [] : [["t", now]]);
    },
  };
  const watch = new TopicWatch({ client, topics: ["t"], clock, log: silent });
  await watch.start();
  return { watch, clock, says, asked: () => asked };
}

describe("a topic", () => {
  test("that stays the same is confirmed, and asked for every few seconds", async () => {
    const { watch, clock, asked } = await watching("a");
    expect(watch.idOf("t")).toBe("a");
    await watch.confirm("t");
    const before = asked();
    for (let i = 0; i < 12; i++) {
      clock.advance(500);
      await watch.tick();
    }
    expect(asked() - before).toBe(2);
  });

  test("that was created again is refused before a put, and noticed without one", async () => {
    const { watch, clock, says } = await watching("a");
    says.now = "b";
    await expect(watch.confirm("t")).rejects.toMatchObject({
      code: "LEDGER_CONFLICT",
      details: { expected: "topic id a", received: "topic id b" },
    });
    clock.advance(3_000);
    await expect(watch.tick()).rejects.toMatchObject({ code: "LEDGER_CONFLICT" });
  });

  test("that a broker does not know for a moment is not gone; one that stays away is", async () => {
    const { watch, clock, says } = await watching("a");
    const check = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await watch.tick();
    };
    says.now = null;
    await check(3_000);
    await watch.confirm("t");
    says.now = "a";
    await check(12_000);
    says.now = null;
    await check(3_000);
    await check(14_000);
    await expect(check(3_000)).rejects.toMatchObject({ code: "SOURCE_UNUSABLE", exitCode: 2 });
  });

  test.each<[string, Answer]>([
    ["a broker that does not answer", new Error("connection lost")],
    ["a broker that tells no ids", undefined],
  ])("is not said to be another by %s", async (_name, answer) => {
    const known = await watching("a");
    known.says.now = answer;
    await known.watch.confirm("t");
    known.clock.advance(60_000);
    await known.watch.tick();
    const unknown = await watching(answer);
    expect(unknown.watch.idOf("t")).toBeUndefined();
    unknown.says.now = "b";
    await unknown.watch.confirm("t");
    unknown.clock.advance(60_000);
    await unknown.watch.tick();
  });
});

describe("a metadata request", () => {
  test("holds the topics' names in compact form and asks that none be created", () => {
    const long = "t".repeat(200);
    const body = topicIdsRequest(["ab", long]);
    expect(body.subarray(0, 2)).toEqual(Buffer.from([0, 3]));
    expect(body.subarray(18, 22)).toEqual(Buffer.from([3, 0x61, 0x62, 0]));
    expect(body.subarray(38, 40)).toEqual(Buffer.from([0xc9, 0x01]));
    expect(body.subarray(-5)).toEqual(Buffer.from([0, 0, 0, 0, 0]));
  });

  test("that is answered short is an error, not an answer", () => {
    expect(() => readTopicIds(Buffer.from([0, 0, 0, 0, 0, 2, 0]))).toThrow();
  });
});
