/** Files under a folder as keys, in UTF-8 byte order of the whole key, one folder in memory at a time. */
import type { BigIntStats, Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { compareKeys, isKey, TEMP_FOLDER } from "./keys.ts";
import { hasCode } from "./local-errors.ts";

export interface WalkedFile {
  readonly key: string;
  readonly stats: BigIntStats;
}

interface Entry {
  /** Key of a file; of a folder its key and `/`, which is how all keys in it begin. */
  readonly key: string;
  readonly folder: boolean;
}

/** Files whose key starts with `prefix` and comes after `startAfter`. A file deleted meanwhile is left out. */
export async function* walk(root: string, prefix: string, startAfter = ""): AsyncGenerator<WalkedFile> {
  const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  // No key starts with `../` or `/`, and the walk must not leave the root.
  if (base !== "" && !isKey(base.slice(0, -1))) return;
  yield* walkFolder(root, base, { prefix, startAfter });
}

interface Bounds {
  readonly prefix: string;
  readonly startAfter: string;
}

async function* walkFolder(root: string, base: string, bounds: Bounds): AsyncGenerator<WalkedFile> {
  for (const { key, folder } of await entriesOf(root, base)) {
    if (!isWithin(key, folder, bounds)) continue;
    if (folder) {
      yield* walkFolder(root, key, bounds);
      continue;
    }
    const stats = isKey(key) ? await statOrNothing(join(root, key)) : undefined;
    if (stats?.isFile()) yield { key, stats };
  }
}

/** A folder is entered when it may hold a key within the bounds. */
function isWithin(key: string, folder: boolean, { prefix, startAfter }: Bounds): boolean {
  if (!key.startsWith(prefix) && !(folder && prefix.startsWith(key))) return false;
  return compareKeys(key, startAfter) > 0 || (folder && startAfter.startsWith(key));
}

async function entriesOf(root: string, base: string): Promise<Entry[]> {
  let found: Dirent[];
  try {
    found = await readdir(join(root, base), { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
  const entries: Entry[] = [];
  for (const entry of found) {
    if (base === "" && entry.name === TEMP_FOLDER) continue;
    const folder = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(root, base, entry.name))));
    entries.push({ key: folder ? `${base}${entry.name}/` : base + entry.name, folder });
  }
  return entries.sort((a, b) => compareKeys(a.key, b.key));
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOrNothing(path))?.isDirectory() ?? false;
}

async function statOrNothing(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
