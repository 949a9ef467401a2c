/** Flags that several commands of this stage share; a flag the command has already is left alone. */
import { type Command, Option } from "commander";

export function runFlag(command: Command): Command {
  return addOnce(command, runOption());
}

export function runOption(): Option {
  return new Option("--run <id>", "run to read (default: the latest)");
}

export function addOnce(command: Command, option: Option): Command {
  const known = command.options.some(({ long }) => long === option.long);
  return known ? command : command.addOption(option);
}
