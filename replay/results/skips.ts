/** What a call left out, written down for those who judge the run. */
import { bucketSkipsKey, bucketSkipsPrefix, skipsKey } from "../../src/lake/keys.ts";
import { readSkips, type Skips } from "../../src/lake/run.ts";
import type { Store } from "../../src/store/port.ts";

type SkipsByModel = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Written when there is something to say, or something to take back. A call that takes some buckets writes a document
 * for each, since others write at the same time; one that takes all writes skips.json, and theirs go.
 */
export async function writeSkips(
  store: Store,
  run: string,
  buckets: ReadonlySet<number> | undefined,
  models: SkipsByModel,
  bucketOfModel: (model: string) => number,
): Promise<void> {
  const before = (await readSkips(store, run)).models;
  if (Object.keys(models).length === 0 && Object.keys(before).length === 0) return;
  if (!buckets) {
    await store.put(skipsKey(run), encode(models), { contentType: "application/json" });
    const parts: string[] = [];
    for await (const { key } of store.list(bucketSkipsPrefix(run))) parts.push(key);
    if (parts.length > 0) await store.delete(parts);
    return;
  }
  for (const bucket of buckets) {
    const of = (all: Skips["models"] | SkipsByModel): SkipsByModel =>
      Object.fromEntries(Object.entries(all).filter(([model]) => bucketOfModel(model) === bucket));
    const here = of(models);
    // A model that is no longer skipped is named without a reason: skips.json may still name one.
    const taken = Object.fromEntries(Object.keys(of(before)).map((model) => [model, {}]));
    if (Object.keys(taken).length === 0 && Object.keys(here).length === 0) continue;
    const key = bucketSkipsKey(run, bucket);
    await store.put(key, encode({ ...taken, ...here }), { contentType: "application/json" });
  }
}

function encode(models: SkipsByModel): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version: 1, models }, null, 1)}\n`);
}
