/** What a person reads of a bench: a line per peer. */

import type { Sample } from "./measure.ts";
import type { Corner, MismatchShare, StageResult } from "./stage.ts";

interface Document extends StageResult {
  readonly stage: string;
  readonly machine: string;
  readonly quick: boolean;
}

export function renderTable(document: Document): string {
  const head = [
    "peer",
    "ratio",
    "spread",
    "whole",
    "ours/s",
    "peer/s",
    "ours CPU s/M",
    "peer CPU s/M",
    "ours MB",
    "peer MB",
  ];
  const rows = document.peers.map(({ name, ratio, spread, wholeRatio, ours, peer }) => [
    name,
    ratio.toFixed(2),
    `${spread[0].toFixed(2)}–${spread[1].toFixed(2)}`,
    wholeRatio.toFixed(2),
    ...both(ours, peer, (sample) => sample.perSecond.toLocaleString("en")),
    ...both(ours, peer, (sample) => sample.cpuSeconds.toFixed(1)),
    ...both(ours, peer, (sample) => String(sample.peakMb)),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  const lines = [`${document.stage} on ${document.machine}`, ""];
  if (rows.length > 0) lines.push(line(head), ...rows.map(line), "");
  if (document.memory) lines.push(memoryLine(document.memory));
  lines.push(...(document.corners ?? []).map(cornerLine), ...(document.shares ?? []).map(shareLine), ...document.notes);
  if (document.quick) lines.push("--quick: a size that shows that it runs; no figure of it may be quoted");
  return `${lines.join("\n")}\n`;
}

function both(ours: Sample, peer: Sample, show: (sample: Sample) => string): [string, string] {
  return [show(ours), show(peer)];
}

function memoryLine({ small, large, growth }: NonNullable<StageResult["memory"]>): string {
  const size = (records: number): string => records.toLocaleString("en");
  const percent = `${growth >= 0 ? "+" : ""}${(growth * 100).toFixed(1)} %`;
  return `peak memory: ${small.peakMb} MB at ${size(small.records)}, ${large.peakMb} MB at ${size(large.records)} (${percent})`;
}

function cornerLine({ partitions, models, records, peakMb }: Corner): string {
  const size = records.toLocaleString("en");
  return `peak memory at the default setting: ${peakMb} MB with ${partitions} partitions, ${models} models, ${size} messages`;
}

function shareLine({ share, records, seconds, times, peakMb }: MismatchShare): string {
  const size = records.toLocaleString("en");
  return `${share * 100} % of ${size} mismatch: ${seconds.toFixed(1)} s (${times.toFixed(1)} ×), ${peakMb} MB`;
}
