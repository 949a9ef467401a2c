import { expect, test } from "vitest";
import { type Contender, interleave, interleaveRivals } from "../../bench/lib/interleave.ts";
import type { Sample } from "../../bench/lib/measure.ts";

const sample = (perSecond: number, part: Partial<Sample> = {}): Sample => ({
  perSecond,
  wholePerSecond: perSecond / 2,
  cpuSeconds: 10,
  peakMb: 100,
  ...part,
});

function contender(name: string, samples: readonly Sample[], order: string[] = []): Contender {
  return {
    name,
    run: async (round) => {
      order.push(`${name} ${round}`);
      return samples[round] as Sample;
    },
  };
}

test("contenders take turns, and the first round is not counted", async () => {
  const order: string[] = [];
  const ours = contender("ours", [sample(1), sample(30), sample(20)], order);
  const { peers } = await interleave(ours, [contender("peer", [sample(1_000), sample(10), sample(10)], order)], {
    rounds: 2,
    progress: () => {},
  });
  expect(order).toEqual(["ours 0", "peer 0", "ours 1", "peer 1", "ours 2", "peer 2"]);
  expect(peers).toMatchObject([{ name: "peer", ratio: 2.5, spread: [2, 3], ours: { perSecond: 25 } }]);
});

test("a ratio is the median of those of the rounds, never of the medians", async () => {
  // The machine is three times slower in round 2: both are, so the ratio stays.
  const ours = contender(
    "ours",
    [0, 60, 20, 66].map((rate) => sample(rate)),
  );
  const peer = contender(
    "peer",
    [0, 30, 10, 30].map((rate) => sample(rate)),
  );
  const { peers } = await interleave(ours, [peer], { rounds: 3, progress: () => {} });
  expect(peers).toMatchObject([{ ratio: 2, spread: [2, 2.2], wholeRatio: 2 }]);
});

test("CPU is the median of the rounds, memory the peak of all", async () => {
  const runs = [
    sample(1, { cpuSeconds: 90, peakMb: 900 }),
    sample(1, { cpuSeconds: 9, peakMb: 100 }),
    sample(1, { cpuSeconds: 11, peakMb: 300 }),
    sample(1, { cpuSeconds: 12, peakMb: 200 }),
  ];
  const { own } = await interleave(contender("ours", runs), [], { rounds: 3, progress: () => {} });
  expect(own).toMatchObject({ cpuSeconds: 11, peakMb: 300 });
});

test("of several of ours each stands beside its peer, and each contender runs once a round", async () => {
  const order: string[] = [];
  const rates = (name: string, ...perSecond: number[]): Contender =>
    contender(
      name,
      perSecond.map((rate) => sample(rate)),
      order,
    );
  const [a, b, peer, other] = [rates("a", 1, 10), rates("b", 1, 30), rates("peer", 1, 10), rates("other", 1, 20)];
  const peers = await interleaveRivals(
    [
      { name: "peer", ours: a, peer },
      { name: "other", ours: b, peer: other },
      { name: "peer-b", ours: b, peer },
    ],
    { rounds: 1, progress: () => {} },
  );
  expect(order).toEqual(["a 0", "peer 0", "b 0", "other 0", "a 1", "peer 1", "b 1", "other 1"]);
  expect(peers.map(({ name, ratio }) => [name, ratio])).toEqual([
    ["peer", 1],
    ["other", 1.5],
    ["peer-b", 3],
  ]);
});
