/** Our side of every bench: the command line as a user runs it. */
import { fileURLToPath } from "node:url";
import { type Program, type ProgramResult, runProgram } from "./measure.ts";

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

export function runCutover(
  args: readonly string[],
  options: Omit<Program, "args" | "exec"> = {},
): Promise<ProgramResult> {
  return runProgram({ ...options, args: [bin, ...args, "--json", "--quiet"] });
}
