/** A Python environment for peers, kept in the cache outside the checkout. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { folders } from "../../test/services/lib/folders.ts";

const run = promisify(execFile);

/** Where that environment stands; `complete` in it once it is whole. */
export function pythonFolder(requirements: readonly string[]): string {
  return join(folders().install, `python-${requirements.join("-").replaceAll("==", "-")}`);
}

/** The interpreter of a virtual environment that holds exactly `requirements`; made on first use. */
export async function pythonWith(requirements: readonly string[]): Promise<string> {
  const folder = pythonFolder(requirements);
  const python = join(folder, "bin", "python");
  const done = join(folder, "complete");
  if (existsSync(done)) return python;
  try {
    await run("python3", ["-m", "venv", "--clear", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements]);
    await run("touch", [done]);
  } catch (cause) {
    throw new Error(`the peer needs Python 3 with venv and ${requirements.join(", ")} from the package index`, {
      cause,
    });
  }
  return python;
}
