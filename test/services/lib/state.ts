import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Folders } from "./folders.ts";
import { birthOf, isAlive } from "./process.ts";
import { type Instance, type Say, ServiceError, type State } from "./types.ts";

/** Longer than the slowest first installation of another `start`. */
const LOCK_TIMEOUT_MS = 30 * 60_000;
const LOCK_POLL_MS = 250;

const statePath = (run: string): string => join(run, "state.json");
const pidPath = (run: string, name: string): string => join(run, `${name}.pid.json`);

export function readState({ run }: Folders): Promise<State | undefined> {
  return readJson<State>(statePath(run));
}

export async function writeState({ run }: Folders, state: State): Promise<void> {
  await writeJson(statePath(run), state);
}

/** The instance of the pid file, also when its process is gone; undefined when there is no usable pid file. */
export function readInstance({ run }: Folders, name: string): Promise<Instance | undefined> {
  return readJson<Instance>(pidPath(run, name));
}

export async function writeInstance({ run }: Folders, instance: Instance): Promise<void> {
  await writeJson(pidPath(run, instance.name), instance);
}

export async function forgetInstance({ run }: Folders, name: string): Promise<void> {
  await rm(pidPath(run, name), { force: true });
}

/** One start or stop at a time; a lock whose holder is gone is taken over. */
export async function withLock<T>(folders: Folders, say: Say, action: () => Promise<T>): Promise<T> {
  // Beside the run folder, which stop removes.
  const path = `${folders.run}.lock`;
  await mkdir(dirname(path), { recursive: true });
  const holder = { pid: process.pid, birth: (await birthOf(process.pid)) ?? "" };
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  let told = false;
  while (!(await takeLock(path, holder))) {
    if (performance.now() > deadline) throw new ServiceError(`${path} is held by another start or stop for too long.`);
    if (!told) say("waiting for another start or stop to end …");
    told = true;
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function takeLock(path: string, holder: { pid: number; birth: string }): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const other = await readJson<{ pid: number; birth: string }>(path);
  if (other === undefined || (await isAlive(other))) return false;
  await rm(path, { force: true });
  return false;
}

/** A file that is missing, or that a kill left half written, says nothing. */
async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${path}.new`, path);
}
