/** Our side of every bench: the command line as a user runs it. */
import { fileURLToPath } from "node:url";
import { type Program, type ProgramResult, runProgram } from "./measure.ts";

const bin = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

/** Runs it; with `profile`, a folder, Node leaves a CPU profile there. */
export function runCutover(
  args: readonly string[],
  { profile, ...options }: Omit<Program, "args" | "exec"> & { readonly profile?: string | undefined } = {},
): Promise<ProgramResult> {
  const profiled = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  return runProgram({ ...options, args: [...profiled, bin, ...args, "--json", "--quiet"] });
}
