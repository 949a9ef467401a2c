/** Whether the objects of a pinned selection are still what they were. */
import { inOrder } from "../ahead.ts";
import { CutoverError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { ObjectInfo, Store } from "../store/port.ts";
import { openCapture } from "./captures.ts";
import { capturesPrefix } from "./keys.ts";
import type { Selection } from "./run.ts";

type PinnedObject = Selection["objects"][number];

/**
 * Every pinned object is there with its size; of one whose ETag is another (a store that was copied) the content is
 * asked for. Listing alone where nothing changed. RUN_INVALID names the first object that is not what it was.
 */
export async function checkPinned(
  store: Store,
  { objects }: Pick<Selection, "objects">,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = new Map(objects.map((object) => [object.key, object]));
  const there = new Map<string, ObjectInfo>();
  for await (const info of store.list(capturesPrefix, signal ? { signal } : {})) {
    if (wanted.has(info.key)) there.set(info.key, info);
  }
  const doubtful: (readonly [PinnedObject, ObjectInfo])[] = [];
  for (const object of objects) {
    const info = there.get(object.key);
    if (!info)
      throw pinnedChanged(store, object.key, `the object that was pinned, ${object.bytes} bytes`, "no such object");
    if (info.size !== object.bytes) {
      throw pinnedChanged(store, object.key, `${object.bytes} bytes`, `${info.size} bytes`);
    }
    if (info.etag !== object.etag) doubtful.push([object, info]);
  }
  const checked = inOrder(doubtful, LIMITS.footerReads, ([object, info]) => checkContent(store, object, info, signal));
  for await (const _ of checked);
}

async function checkContent(store: Store, object: PinnedObject, info: ObjectInfo, signal?: AbortSignal): Promise<void> {
  const { footer, reader } = await openCapture(store, info, signal, LIMITS.parquetFooterBytes);
  reader.close();
  if (footer.contentSha256 === object.contentSha256) return;
  throw pinnedChanged(store, object.key, `contentSha256 ${object.contentSha256}`, footer.contentSha256);
}

export function pinnedChanged(store: Store, key: string, expected: string, received: string): CutoverError {
  return new CutoverError("RUN_INVALID", "a capture object is not what was pinned", {
    place: `${store.url} ${key}`,
    expected,
    received,
    hint: "restore the object, or pin what is there now: --fresh for a run, another NAME for cutover captures pin",
  });
}
