import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface Folders {
  /** Installed programs by name and version; kept between runs. */
  readonly install: string;
  /** State file, lock, pid files, logs and data of the running set. */
  readonly run: string;
}

/** All of it stands outside the checkout, so that a fresh clone finds what an earlier one installed. */
export function folders(env: NodeJS.ProcessEnv = process.env): Folders {
  const cache = env.CUTOVER_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cutover");
  const root = resolve(cache);
  return { install: join(root, "install"), run: join(root, "run") };
}
