/** The log in which rejected messages of a log stand once they are read again. */
import { sha256Hex } from "../hash.ts";

const AGAIN = /^(.+)-rejects(?:-(\d+))?$/;

/**
 * `inference@9f…` → `inference-rejects@…` → `inference-rejects-2@…`: a log of its own, in which each message keeps
 * its partition and its offset, so that its first position is `log/partition/offset` of the log before. The hex
 * digits come from the whole name of that log, so that a topic that is called so is another log.
 */
export function rereadLog(log: string): string {
  const name = log.slice(0, log.lastIndexOf("@"));
  const again = AGAIN.exec(name);
  const next = again ? `${again[1]}-rejects-${Number(again[2] ?? 1) + 1}` : `${name}-rejects`;
  return `${next}@${sha256Hex(`rejects of ${log}`).slice(0, 8)}`;
}

/** Of these logs, those that hold messages of another of them read again: log → the log before. */
export function rereadParents(logs: Iterable<string>): ReadonlyMap<string, string> {
  const all = new Set(logs);
  const parents = new Map<string, string>();
  for (const log of all) {
    const child = rereadLog(log);
    if (all.has(child)) parents.set(child, log);
  }
  return parents;
}
