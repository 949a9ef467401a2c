/** Peers and helpers of the bench that are Go programs, built from bench/peers into the cache outside the checkout. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folders } from "../../test/services/lib/folders.ts";
import { run } from "../../test/services/lib/process.ts";

const BUILD_TIMEOUT_MS = 15 * 60_000;

/** The program of `bench/peers/<name>`. Go itself leaves one alone that is up to date. */
export async function goProgram(name: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
  const { install } = folders();
  await mkdir(install, { recursive: true });
  const program = join(install, `bench-${name}`);
  // A system or processor of the environment would build what cannot run here.
  const env = { GOOS: "", GOARCH: "", GOWORK: "off" };
  await run({ file: "go", args: ["build", "-o", program, "."], env }, { cwd, timeoutMs: BUILD_TIMEOUT_MS }).catch(
    (cause: unknown) => {
      throw new Error(`bench/peers/${name} needs Go of the version in its go.mod, or one that may fetch it`, { cause });
    },
  );
  return program;
}
