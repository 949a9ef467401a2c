import { expect, test } from "vitest";
import { renderTable } from "../../bench/lib/table.ts";

const machine = { stage: "capture", machine: "2 × CPU", quick: false };
const sample = { perSecond: 60_000, wholePerSecond: 50_000, cpuSeconds: 11.96, peakMb: 480 };

test("a peer is a line, a corner of memory is one, and so is a note", () => {
  const peer = { ...sample, perSecond: 50_000, cpuSeconds: 15.2, peakMb: 677 };
  const text = renderTable({
    ...machine,
    peers: [{ name: "go-members", ratio: 1.2, spread: [1.1, 1.34], wholeRatio: 1.15, ours: sample, peer }],
    memory: { small: { records: 100_000, peakMb: 400 }, large: { records: 1_000_000, peakMb: 480 }, growth: 0.2 },
    corners: [{ partitions: 600, models: 400, records: 300_000, peakMb: 501 }],
    notes: ["a note"],
  });
  expect(text.split("\n")).toEqual([
    "capture on 2 × CPU",
    "",
    "peer        ratio     spread  whole  ours/s  peer/s  ours CPU s/M  peer CPU s/M  ours MB  peer MB",
    "go-members   1.20  1.10–1.34   1.15  60,000  50,000          12.0          15.2      480      677",
    "",
    "peak memory: 400 MB at 100,000, 480 MB at 1,000,000 (+20.0 %)",
    "peak memory at the default setting: 501 MB with 600 partitions, 400 models, 300,000 messages",
    "a note",
    "",
  ]);
});

test("without peers there is no table of them, and a quick run says that it is no measurement", () => {
  const text = renderTable({ ...machine, quick: true, peers: [], notes: [] });
  expect(text).not.toContain("ratio");
  expect(text).toContain("--quick: a size that shows that it runs; no figure of it may be quoted");
});
