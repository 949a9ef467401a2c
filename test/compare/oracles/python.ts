/** The Python environment of the oracles, in the cache beside the services; `node test/compare/oracles/prepare.ts`. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pythonFolder } from "../../../bench/lib/python.ts";
import type { OraclePair } from "./pairs.ts";

export const REQUIREMENTS = ["numpy==2.4.6", "scipy==1.17.1", "deepdiff==9.0.0"] as const;
export const PREPARE = "node test/compare/oracles/prepare.ts";

/** What an oracle says of a pair: a verdict, or a statistic where the rule compares one with a limit. */
export interface Said {
  readonly passes?: boolean;
  readonly statistic?: number;
  /** Second opinion where a stated rule departs from the first: big integers exactly, literals beyond the range. */
  readonly exact?: boolean;
  /** Paths that differ, of documents. */
  readonly paths?: readonly string[];
}

export function pythonIsHere(): Promise<boolean> {
  return access(join(pythonFolder(REQUIREMENTS), "complete")).then(
    () => true,
    () => false,
  );
}

/** One answer a pair, in their order. */
export async function askPython(pairs: readonly OraclePair[]): Promise<Said[]> {
  const python = join(pythonFolder(REQUIREMENTS), "bin", "python");
  const child = spawn(python, [join(import.meta.dirname, "oracle.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const output = text(child.stdout);
  const ended = once(child, "close");
  child.stdin.end(pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(""));
  const [code] = await ended;
  if (code !== 0) throw new Error(`oracle.py exited ${code}`);
  const said = (await output)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
  if (said.length !== pairs.length) throw new Error(`${pairs.length} pairs, ${said.length} answers`);
  return said;
}
