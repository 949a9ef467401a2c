/** The store in memory: for tests and for the demo's fastest path. Keeps the whole contract but durability. */
import { createHash } from "node:crypto";
import { CutoverError } from "../errors.ts";
import { checkKey, compareKeys } from "./keys.ts";
import type { ObjectInfo, Store } from "./port.ts";

interface Entry {
  readonly body: Uint8Array;
  readonly info: ObjectInfo;
}

export function memoryStore(): Store {
  const url = "memory:";
  const entries = new Map<string, Entry>();

  async function* list(prefix: string, options: Parameters<Store["list"]>[1] = {}): AsyncIterable<ObjectInfo> {
    const { startAfter, signal } = options;
    const keys = [...entries.keys()].filter(
      (key) => key.startsWith(prefix) && (startAfter === undefined || compareKeys(key, startAfter) > 0),
    );
    for (const key of keys.sort(compareKeys)) {
      signal?.throwIfAborted();
      const entry = entries.get(key);
      if (entry) yield entry.info;
    }
  }

  return {
    url,
    async check({ signal } = {}) {
      signal?.throwIfAborted();
    },
    async put(key, body, { ifAbsent = false, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      if (ifAbsent && entries.has(key)) throw new CutoverError("STORE_EXISTS", "the object exists", { place: key });
      const copy = Uint8Array.from(body);
      const info = { key, size: copy.byteLength, etag: createHash("sha256").update(copy).digest("hex") };
      entries.set(key, { body: copy, info });
      return info;
    },
    async get(key, range, signal) {
      checkKey(key);
      signal?.throwIfAborted();
      const entry = entries.get(key);
      if (!entry) throw new CutoverError("STORE_MISSING", "no such object", { place: `${url} ${key}` });
      return range ? entry.body.slice(range.start, Math.max(range.start, range.end)) : entry.body.slice();
    },
    async head(key, signal) {
      checkKey(key);
      signal?.throwIfAborted();
      return entries.get(key)?.info;
    },
    list,
    async delete(keys) {
      keys.forEach(checkKey);
      for (const key of keys) entries.delete(key);
    },
    async close() {},
  };
}
