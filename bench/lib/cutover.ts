/** Our side of every bench: the command line as a user runs it, which is the built program and not its sources. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Program, type ProgramResult, runProgram } from "./measure.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = fileURLToPath(new URL("../../dist/src/bin.js", import.meta.url));

let built: Promise<unknown> | undefined;

/** Runs it; with `profile`, a folder, Node leaves a CPU profile there. The first call builds it. */
export async function runCutover(
  args: readonly string[],
  { profile, ...options }: Omit<Program, "args" | "exec"> & { readonly profile?: string | undefined } = {},
): Promise<ProgramResult> {
  built ??= promisify(execFile)("npm", ["run", "-s", "build"], { cwd: root });
  await built;
  const profiled = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  return runProgram({ ...options, args: [...profiled, bin, ...args, "--json", "--quiet"] });
}
