import { run } from "./process.ts";

const BUILD_TIMEOUT_MS = 15 * 60_000;

/** Builds a command of a Go module into `folder`. */
export async function goInstall(module: string, folder: string): Promise<void> {
  // A GOOS or GOARCH of the environment would refuse GOBIN, and a workspace would replace the pinned version.
  const env = { GOBIN: folder, GOOS: "", GOARCH: "", GOWORK: "off" };
  await run({ file: "go", args: ["install", module], env }, { cwd: folder, timeoutMs: BUILD_TIMEOUT_MS });
}
