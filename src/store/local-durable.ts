/** Files and folders that survive a crash: everything here is synced before it is reported as done. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LIMITS } from "../limits.ts";
import { TEMP_FOLDER } from "./keys.ts";

/** A complete, synced file under TEMP_FOLDER. */
export async function writeTemp(folder: string, body: Uint8Array, signal?: AbortSignal): Promise<string> {
  await makeFolder(join(folder, TEMP_FOLDER));
  const path = join(folder, TEMP_FOLDER, `${process.pid}-${randomUUID()}`);
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(body, signal ? { signal } : {});
    await handle.sync();
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  return path;
}

/** Creates a folder and its parents, and syncs each parent that got a new entry. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let parent = dirname(path); parent.length >= dirname(first).length; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(parent)) return;
  }
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Clears what killed writers left so long ago that none can still be at work. */
export async function clearTemp(folder: string): Promise<void> {
  const temp = join(folder, TEMP_FOLDER);
  for (const name of await readdir(temp)) {
    const path = join(temp, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats && Date.now() - stats.mtimeMs > LIMITS.storeTempAgeMs) await unlink(path).catch(() => undefined);
  }
}
