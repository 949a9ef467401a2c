/**
 * The store in a folder. A put is a temp file, written and synced, then linked (conditional: a link never
 * overwrites) or renamed into place, then a sync of the folder: readers see whole objects only, and what
 * was promised survives a crash. Unfinished writes stand under TEMP_FOLDER, which no listing shows.
 */
import type { BigIntStats } from "node:fs";
import { type FileHandle, link, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CutoverError } from "../errors.ts";
import { checkKey, TEMP_FOLDER } from "./keys.ts";
import { clearTemp, makeFolder, syncFolder, writeTemp } from "./local-durable.ts";
import { hasCode, localError } from "./local-errors.ts";
import { walk } from "./local-walk.ts";
import type { ObjectInfo, PutOptions, Store } from "./port.ts";

/** What a test replaces to play a file system that lacks something. */
export interface LocalIo {
  readonly link: (existing: string, created: string) => Promise<void>;
}

/** Nothing there, a file where the key has a folder, a folder where the key has a file. */
const ABSENT = ["ENOENT", "ENOTDIR", "EISDIR"];

export function localStore(root: string, io: LocalIo = { link }): Store {
  const folder = resolve(root);
  const pathOf = (key: string): string => {
    checkKey(key);
    return join(folder, key);
  };

  async function put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    const path = pathOf(key);
    try {
      options.signal?.throwIfAborted();
      await makeFolder(dirname(path));
      return await writeThrough(path, key, body, options);
    } catch (error) {
      throw localError(error, root, key);
    }
  }

  async function writeThrough(path: string, key: string, body: Uint8Array, options: PutOptions): Promise<ObjectInfo> {
    const temp = await writeTemp(folder, body, options.signal);
    try {
      const info = infoOf(key, await stat(temp, { bigint: true }));
      options.signal?.throwIfAborted();
      await (options.ifAbsent ? linkNew(io, temp, path, key) : rename(temp, path));
      await syncFolder(dirname(path));
      return info;
    } finally {
      await unlink(temp).catch(() => undefined);
    }
  }

  async function get(key: string, range?: { start: number; end: number }, signal?: AbortSignal): Promise<Uint8Array> {
    const path = pathOf(key);
    try {
      signal?.throwIfAborted();
      const handle = await open(path);
      try {
        return await readRange(handle, range);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!hasCode(error, ...ABSENT)) throw localError(error, root, key);
      throw new CutoverError("STORE_MISSING", "no such object", { place: `${root} ${key}`, cause: error });
    }
  }

  async function head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    const path = pathOf(key);
    signal?.throwIfAborted();
    try {
      const stats = await stat(path, { bigint: true });
      return stats.isFile() ? infoOf(key, stats) : undefined;
    } catch (error) {
      if (hasCode(error, ...ABSENT)) return undefined;
      throw localError(error, root, key);
    }
  }

  async function* list(prefix: string, options: Parameters<Store["list"]>[1] = {}): AsyncIterable<ObjectInfo> {
    try {
      for await (const { key, stats } of walk(folder, prefix, options.startAfter)) {
        options.signal?.throwIfAborted();
        yield infoOf(key, stats);
      }
    } catch (error) {
      throw localError(error, root, prefix);
    }
  }

  async function remove(keys: readonly string[]): Promise<void> {
    for (const path of keys.map(pathOf)) {
      await unlink(path).catch((error: unknown) => {
        if (!hasCode(error, ...ABSENT)) throw localError(error, root, path);
      });
    }
  }

  return {
    url: root,
    async check({ write = false, signal } = {}) {
      signal?.throwIfAborted();
      await checkFolder(root, folder, write);
      if (write) await checkWrites(root, folder, io);
    },
    put,
    get,
    head,
    list,
    delete: remove,
    async close() {},
  };
}

function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  return {
    key,
    size: Number(stats.size),
    etag: `${stats.size}-${stats.mtimeNs.toString(36)}-${stats.ino.toString(36)}`,
  };
}

async function readRange(handle: FileHandle, range?: { start: number; end: number }): Promise<Uint8Array> {
  const stats = await handle.stat();
  // A folder opens like a file; to the store it is no object.
  if (!stats.isFile()) throw Object.assign(new Error("not a file"), { code: "EISDIR" });
  const start = Math.min(range?.start ?? 0, stats.size);
  const end = Math.max(start, Math.min(range?.end ?? stats.size, stats.size));
  const bytes = new Uint8Array(end - start);
  let filled = 0;
  while (filled < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, start + filled);
    if (bytesRead === 0) throw new Error(`the file ended at byte ${start + filled} of ${end}`);
    filled += bytesRead;
  }
  return bytes;
}

async function linkNew(io: LocalIo, temp: string, path: string, key: string): Promise<void> {
  try {
    await io.link(temp, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    // The loser acts on the winner's object, so that must be durable first, whoever wrote it.
    await syncFolder(dirname(path));
    throw new CutoverError("STORE_EXISTS", "the object exists", { place: key, cause: error });
  }
}

async function checkFolder(root: string, folder: string, write: boolean): Promise<void> {
  try {
    if (write) await makeFolder(folder);
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
    await readdir(folder);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw localError(error, root, "");
    throw new CutoverError("STORE_UNUSABLE", "no such folder", {
      place: root,
      hint: "cutover capture makes it; or name the store with --store",
      cause: error,
    });
  }
}

/** Proves that this folder takes writes and hard links, and clears what killed writers left long ago. */
async function checkWrites(root: string, folder: string, io: LocalIo): Promise<void> {
  try {
    const temp = await writeTemp(folder, new Uint8Array([1]));
    const linked = `${temp}-link`;
    await io.link(temp, linked).finally(() => unlink(temp));
    await unlink(linked);
    await clearTemp(folder);
  } catch (error) {
    throw localError(error, root, TEMP_FOLDER);
  }
}
