/** What people read of a capture. Pure. */
import { parseRejectsKey } from "../src/lake/keys.ts";
import type { AuditResult, PartitionAudit } from "./audit/audit.ts";
import type { CapturesResult, ModelSummary } from "./audit/captures.ts";
import type { Totals } from "./ranges/totals.ts";
import type { RereadResult } from "./rejects/rejects-stage.ts";
import type { CaptureResult } from "./stage.ts";

const MIB = 1024 * 1024;

/** `1,234,567`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

export function formatBytes(value: number): string {
  return value < MIB ? `${(value / 1024).toFixed(1)} KiB` : `${(value / MIB).toFixed(1)} MiB`;
}

export function progressText(consumed: number, bufferedBytes: number, totals: Totals, seconds: number): string {
  const rate = seconds > 0 ? Math.round(consumed / seconds) : 0;
  return (
    `${formatCount(consumed)} read (${formatCount(rate)}/s), ${formatCount(totals.consumed)} durable ` +
    `in ${formatCount(totals.objects)} objects, ${formatBytes(bufferedBytes)} buffered`
  );
}

/** The table at the end: what was consumed, and what became of it. Rows that are zero and say nothing are left out. */
export function renderCapture(result: CaptureResult, storeUrl: string): string {
  if (result.consumed === 0) return "nothing new to capture\n";
  const rows: [string, number, boolean][] = [
    ["captured", result.captured, true],
    ["rejected", result.rejected, true],
    ["sampled out", result.sampledOut, result.sampledOut > 0],
    ["tombstones", result.tombstones, result.tombstones > 0],
    ["absent", result.absent, result.absent > 0],
    ["consumed", result.consumed, true],
  ];
  const width = Math.max(...rows.map(([, value]) => formatCount(value).length));
  const lines = rows
    .filter(([, , shown]) => shown)
    .map(([name, value]) => `  ${name.padEnd(12)} ${formatCount(value).padStart(width)}`);
  const rate = result.seconds > 0 ? `, ${formatCount(Math.round(result.consumed / result.seconds))}/s` : "";
  const objects = `${formatCount(result.objects)} ${result.objects === 1 ? "object" : "objects"}, ${formatBytes(result.bytes)}`;
  lines.push(`  ${objects} in ${result.seconds.toFixed(1)} s${rate}`, `  ${storeUrl}`);
  if (result.rejected > 0) lines.push("  rejected messages are kept whole under rejects/, each with its reason");
  return `${lines.join("\n")}\n`;
}

/** What became of rejected messages, or would, by the reason of then and of now. */
export function renderReread({ waiting, captured, sampledOut, rejected, dryRun }: RereadResult): string {
  if (waiting.messages === 0) return "no rejected messages to read again\n";
  const rows = Object.entries(waiting.reasons).sort(([, a], [, b]) => b.messages - a.messages);
  const width = Math.max(8, ...rows.map(([reason]) => reason.length));
  const line = (name: string, messages: string, records: string): string =>
    `  ${name.padEnd(width)}  ${messages.padStart(11)}  ${records.padStart(14)}`;
  const lines = [
    line("rejected", "messages", dryRun ? "would be taken" : "are taken now"),
    ...rows.map(([reason, { messages, records }]) => line(reason, formatCount(messages), formatCount(records))),
    line("", formatCount(waiting.messages), formatCount(waiting.records)),
  ];
  for (const [reason, { messages, example, detail }] of Object.entries(waiting.still))
    lines.push(`  still ${reason}: ${formatCount(messages)}, such as ${example}: ${detail}`);
  if (waiting.records === 0) lines.push("none of them becomes a record: mend capture.map, then start this again");
  else if (dryRun) lines.push("nothing was written: without --dry-run they are captured");
  else {
    const sampled = sampledOut > 0 ? `, ${formatCount(sampledOut)} sampled out` : "";
    lines.push(`${formatCount(captured)} captured${sampled}, ${formatCount(rejected)} rejected again and kept`);
  }
  return `${lines.join("\n")}\n`;
}

export function renderCaptures({ models, rows, gaps, sums }: CapturesResult): string {
  const names = Object.keys(models);
  if (names.length === 0)
    return sums.objects === 0 ? "no captures yet: cutover capture --until end\n" : "no captures match\n";
  const width = Math.max(5, ...names.map((name) => name.length));
  const lines = [`${"model".padEnd(width)}  ${"rows".padStart(11)}  from                      to`];
  for (const name of names) {
    const { rows: count, minTime, maxTime } = models[name] as ModelSummary;
    lines.push(`${name.padEnd(width)}  ${formatCount(count).padStart(11)}  ${isoTime(minTime)}  ${isoTime(maxTime)}`);
  }
  lines.push(
    `${formatCount(rows)} rows; the store holds ${formatCount(sums.captured)} in ${formatCount(sums.objects)} objects, ${formatBytes(sums.bytes)}`,
  );
  for (const { log, partition, from, to, reason } of gaps)
    lines.push(`gap: ${log}/${partition} ${from} to ${to} (${reason})`);
  return `${lines.join("\n")}\n`;
}

export function renderAudit({ ok, partitions, foreign, unlisted, sums, deleted }: AuditResult): string {
  if (sums.objects === 0 && partitions.length === 0)
    return "nothing to audit, nothing proved: there are no captures yet\n";
  const lines = partitions.flatMap(partitionLines);
  for (const key of foreign) lines.push(`FOREIGN ${key}: capture did not write it; move it out of the store`);
  for (const key of deleted) lines.push(`deleted ${key}`);
  lines.push(
    `${formatCount(sums.consumed)} positions = ${formatCount(sums.captured)} captured + ${formatCount(sums.rejected)} rejected + ` +
      `${formatCount(sums.sampledOut)} sampled out + ${formatCount(sums.tombstones)} tombstones + ${formatCount(sums.absent)} absent`,
  );
  if (deleted.length > 0) lines.push(`${formatCount(deleted.length)} orphans deleted`);
  if (unlisted > 0) lines.push(`${formatCount(unlisted)} more findings are not listed`);
  const verdict = ok
    ? "OK: every position is held exactly once"
    : "FAULT: the ledger does not hold every position exactly once";
  lines.push(sums.objects === 0 ? "nothing proved: there are no captures yet" : verdict);
  return `${lines.join("\n")}\n`;
}

function partitionLines(partition: PartitionAudit): string[] {
  const { log, first, last, objects, gaps, overlaps, orphans, faults, rejectsOf } = partition;
  const span = BigInt(last) < BigInt(first) ? "nothing readable" : `${first} to ${last}`;
  const lines = [
    `${log}/${partition.partition}  ${span}  ${formatCount(objects)} ${objects === 1 ? "object" : "objects"}` +
      (rejectsOf === undefined ? "" : `  rejects of ${rejectsOf}, read again`),
  ];
  for (const { from, to, reason } of gaps)
    lines.push(`  ${reason === "missing" ? "MISSING" : "gap"} ${from} to ${to} (${reason})`);
  for (const { from, to, key } of overlaps) lines.push(`  DOUBLED ${from} to ${to} by ${key}`);
  for (const { key, fault } of faults) lines.push(`  FAULT ${key}: ${fault}`);
  for (const key of orphans) {
    const live = (parseRejectsKey(key)?.first ?? 0n) > BigInt(last);
    lines.push(`  orphan ${key}${live ? " (a writer at work may still name it)" : ""}`);
  }
  return lines;
}

/** `12,345 of 100,000 objects audited (1,640/s), 7 s`. `all` is undefined while their number is not known. */
export function objectsProgress(what: string, objects: number, all: number | undefined, seconds: number): string {
  const rate = seconds > 0 ? Math.round(objects / seconds) : 0;
  const of = all === undefined ? "" : ` of ${formatCount(all)}`;
  return `${formatCount(objects)}${of} objects ${what} (${formatCount(rate)}/s), ${Math.floor(seconds)} s`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
