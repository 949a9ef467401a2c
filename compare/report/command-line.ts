/** Commands that are shown to be copied, on a terminal and on the page. */
import { type Flags, flagWords, type Given, givenFlags, shellWord } from "../../src/shell.ts";
import { visible } from "./text.ts";

export interface CommandParts {
  /** What the command is about; one that begins with `-` is told from a flag. */
  readonly about?: readonly string[];
  readonly flags?: Flags;
  /** Flags of the whole program, as the user gave them. */
  readonly given?: Given | undefined;
}

/**
 * One line that a shell reads back word by word, whatever a name holds. On a page in the store nothing is given: it
 * is read on other machines than the one that made it.
 */
export function commandLine(name: string, { about = [], flags = {}, given }: CommandParts): string {
  const line = (words: readonly string[]): string => words.map((word) => shellWord(visible(word))).join(" ");
  // Names of runs cannot begin so, but a summary is a file that anybody may have written.
  const last = about.some((word) => word.startsWith("-"));
  const rest = last ? [line(flagWords(flags)), "--", line(about)] : [line(about), line(flagWords(flags))];
  return ["cutover", line(flagWords(givenFlags(given))), name, ...rest].filter((part) => part !== "").join(" ");
}

/** Of `cutover export`: what DuckDB reads at once. */
export const ALL_FINDINGS: Flags = { "--format": "parquet", "--out": "diffs.parquet" };
