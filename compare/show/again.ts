/** The command that sends one record again. */
import { type Given, shellWord } from "../../src/shell.ts";
import { commandLine } from "../report/command-line.ts";
import { visible } from "../report/text.ts";

/** A shell line; positions are told from ids by `--ids`. A new run each time, since a stored answer is never sent again. */
export function sendAgain(position: string, target: string, given: Given | undefined): string {
  const flags = { "--target": target, "--ids": "-", "--fresh": true } as const;
  return `echo ${shellWord(visible(position))} | ${commandLine("replay", { flags, given })}`;
}
