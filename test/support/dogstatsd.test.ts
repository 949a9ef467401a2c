import { createSocket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { listenDogstatsd, readLines } from "./dogstatsd.ts";

describe("the DogStatsD listener of the tests", () => {
  test("sums counters over datagrams, by tags, scaled by their rate", () => {
    const received = readLines(["a.b:2|c|#env:ci,m:x", "a.b:1:4|c|#env:dev", "a.b:2|c|@0.5|#env:ci", "a.b:9|g", ""]);
    expect(received.counts("a.b")).toBe(11);
    expect(received.counts("a.b", { env: "ci" })).toBe(6);
    expect(received.counts("a.b", { env: "ci", m: "x" })).toBe(2);
    expect(received.gauges("a.b")).toEqual([9]);
    expect(received.malformed).toEqual([]);
  });

  test("keeps gauges and distributions in order", () => {
    const received = readLines(["g:1|g", "d:1.5:2|d|#t:1", "g:-3|g", "d:7|d|T1700000000"]);
    expect(received.gauges("g")).toEqual([1, -3]);
    expect(received.distributions("d")).toEqual([1.5, 2, 7]);
    expect(received.distributions("d", { t: "1" })).toEqual([1.5, 2]);
  });

  test("reads service checks with message and tags", () => {
    const { checks } = readLines(["_sc|cutover.gate|2|#run:r1,m:a/b|m:one\\ntwo", "_sc|cutover.gate|0"]);
    expect(checks("cutover.gate", { run: "r1" })).toEqual([
      { name: "cutover.gate", status: 2, message: "one\ntwo", tags: { run: "r1", m: "a/b" } },
    ]);
    expect(checks("cutover.gate")).toHaveLength(2);
  });

  test("reads events by the byte lengths that they state", () => {
    const { events } = readLines(["_e{5,6}:a|é!|t\\n|xy|#env:ci"]);
    expect(events).toEqual([{ title: "a|é!", text: "t\n|xy", tags: { env: "ci" } }]);
  });

  test.each(["a|c", "a:1", "a:x|c", "a:1|q", "a:1|c|@x", "_sc|a|4", "_e{9,9}:a|b", "_e{1,1}:ab|c", "_e{1,1}:a|bc"])(
    "calls %j malformed",
    (line) => {
      expect(readLines([line]).malformed).toEqual([line]);
    },
  );

  test("hands over what came by UDP since the last drain", async () => {
    const listener = await listenDogstatsd();
    const sender = createSocket("udp4");
    try {
      sender.send("a:1|c\na:2|c\n", listener.port, "127.0.0.1");
      expect((await listener.drain()).counts("a")).toBe(3);
      expect((await listener.drain()).metrics).toEqual([]);
    } finally {
      sender.close();
      await listener.close();
    }
  });
});
