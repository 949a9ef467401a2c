/** Captures and rejects of a store as one stream in order of position, from two listings walked side by side. */
import { shownObjects } from "../../src/lake/captures.ts";
import { capturesPrefix, parseRejectsKey, rejectsPrefix } from "../../src/lake/keys.ts";
import { compareKeys } from "../../src/store/keys.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";

export type Listed =
  /** A capture object, and the rejects objects that begin where it does: one of them may be its own. */
  | { readonly kind: "capture"; readonly info: ObjectInfo; readonly twins: readonly ObjectInfo[] }
  /** A rejects object where no capture object begins. */
  | { readonly kind: "rejects"; readonly info: ObjectInfo };

/** Neither listing is held: of each only the next object is known, and what begins at one position. */
export async function* listLedger(store: Store, signal?: AbortSignal): AsyncGenerator<Listed> {
  const captures = new Cursor(shownObjects(store, capturesPrefix, signal));
  const rejects = new Cursor(shownObjects(store, rejectsPrefix, signal));
  try {
    for (;;) {
      const capture = await captures.peek();
      const reject = await rejects.peek();
      if (capture && (!reject || compareKeys(capturePlace(capture.key), rejectsPlace(reject.key)) <= 0)) {
        captures.take();
        const place = capturePlace(capture.key);
        const twins: ObjectInfo[] = [];
        for (let twin = reject; twin && rejectsPlace(twin.key) === place; twin = await rejects.peek()) {
          twins.push(twin);
          rejects.take();
        }
        yield { kind: "capture", info: capture, twins };
      } else if (reject) {
        rejects.take();
        yield { kind: "rejects", info: reject };
      } else return;
    }
  } finally {
    await Promise.all([captures.close(), rejects.close()]);
  }
}

/** How many capture objects there are: cheap beside reading their footers, for the progress line. */
export async function countCaptures(store: Store, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of shownObjects(store, capturesPrefix, signal)) count++;
  return count;
}

/** `log/partition/first`, the same text for both datasets; of a foreign key all that follows the dataset. */
function capturePlace(key: string): string {
  return key.slice(capturesPrefix.length).replace(/\.parquet$/, "");
}

function rejectsPlace(key: string): string {
  const place = key.slice(rejectsPrefix.length);
  return parseRejectsKey(key) ? place.slice(0, place.lastIndexOf("/") + 1 + FIRST_DIGITS) : place;
}

const FIRST_DIGITS = 20;

class Cursor {
  readonly #items: AsyncIterator<ObjectInfo>;
  #next: Promise<IteratorResult<ObjectInfo>> | undefined;

  constructor(items: AsyncIterable<ObjectInfo>) {
    this.#items = items[Symbol.asyncIterator]();
  }

  async peek(): Promise<ObjectInfo | undefined> {
    this.#next ??= this.#items.next();
    const { done, value } = await this.#next;
    return done ? undefined : value;
  }

  take(): void {
    this.#next = undefined;
  }

  async close(): Promise<void> {
    await this.#items.return?.();
  }
}
