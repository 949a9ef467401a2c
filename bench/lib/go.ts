/** Peers and helpers of the bench that are Go programs, built into the cache outside the checkout: from bench/peers, or as published. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folders } from "../../test/services/lib/folders.ts";
import { run } from "../../test/services/lib/process.ts";

const BUILD_TIMEOUT_MS = 15 * 60_000;
/** A system or processor of the environment would build what cannot run here. */
const HERE = { GOOS: "", GOARCH: "", GOWORK: "off" };

/** The program of `bench/peers/<name>`. Go itself leaves one alone that is up to date. */
export async function goProgram(name: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
  const { install } = folders();
  await mkdir(install, { recursive: true });
  const program = join(install, `bench-${name}`);
  const build = { file: "go", args: ["build", "-o", program, "."], env: HERE };
  await run(build, { cwd, timeoutMs: BUILD_TIMEOUT_MS }).catch((cause: unknown) => {
    throw new Error(`bench/peers/${name} needs Go of the version in its go.mod, or one that may fetch it`, { cause });
  });
  return program;
}

/** The program that `go install MODULE@VERSION` gives, installed on first use; `needs` is what its build wants beside Go. */
export async function goInstalled(module: string, version: string, needs = ""): Promise<string> {
  const name = module.slice(module.lastIndexOf("/") + 1);
  const folder = join(folders().install, `bench-${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  const install = { file: "go", args: ["install", `${module}@${version}`], env: { ...HERE, GOBIN: folder } };
  await run(install, { cwd: folder, timeoutMs: BUILD_TIMEOUT_MS }).catch((cause: unknown) => {
    throw new Error(`the peer ${name} could not be built: go install ${module}@${version} needs Go${needs}`, { cause });
  });
  return program;
}
