import type { CutoverError } from "../errors.ts";

/**
 * The store: a flat map from key to immutable-by-convention object. S3 semantics, so that every adapter
 * can keep them: a put is atomic (readers see the old object or the whole new one), a conditional put is
 * decided by the store, a listing is in key order (UTF-8 bytes).
 *
 * Errors: STORE_MISSING (no such object), STORE_EXISTS (conditional put lost), STORE_DENIED, STORE_FULL,
 * STORE_UNUSABLE, and STORE_UNAVAILABLE once the adapter's own retries are used up.
 */
export interface Store {
  /** As given by the user: `s3://bucket/prefix`, a folder, `memory:`. For messages. */
  readonly url: string;

  /** Set by whoever watches the store: told of each try of a call that failed in passing and is made again. */
  onRetry?: (error: CutoverError, attempt: number) => void;

  /** Checks that the store can be used, before any work; throws STORE_UNUSABLE or STORE_DENIED. */
  check(options?: { readonly write?: boolean; readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Writes an object durably; when the promise resolves it survives a crash.
   * `ifAbsent`: throws STORE_EXISTS when the key exists, and leaves that object untouched.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<ObjectInfo>;

  /** The whole object, or the bytes [start, end). A range past the end is cut at the end. */
  get(key: string, range?: { readonly start: number; readonly end: number }, signal?: AbortSignal): Promise<Uint8Array>;

  /** Size and ETag, without the body; undefined when there is no such object. */
  head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;

  /** All objects whose key starts with `prefix`, in key order, paged behind the scenes; never a partial list. */
  list(
    prefix: string,
    options?: { readonly startAfter?: string; readonly signal?: AbortSignal },
  ): AsyncIterable<ObjectInfo>;

  /** Deletes the objects; keys that are not there are no error. */
  delete(keys: readonly string[]): Promise<void>;

  /** Frees sockets and handles. The store is not used afterwards. */
  close(): Promise<void>;
}

export interface PutOptions {
  readonly ifAbsent?: boolean;
  readonly contentType?: string;
  /** String map kept beside the object where the store can (S3 user metadata, ASCII, at most 2 KiB in all). */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  /** Changes when the object's bytes change. Opaque. */
  readonly etag: string;
}
