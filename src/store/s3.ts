/**
 * The store in an S3 bucket, under a prefix. Credentials come by the SDK's own chain, never from our config.
 * Retries are ours alone (the SDK's would hide how often, and do not know what a lost conditional put means).
 */
import type { PutObjectCommandInput, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { systemClock } from "../clock.ts";
import type { S3Settings } from "../config/schema.ts";
import { CutoverError, isCutoverError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { checkKey } from "./keys.ts";
import type { ObjectInfo, PutOptions, Store } from "./port.ts";
import { type RetryPolicy, withRetry } from "./retry.ts";
import { s3Error } from "./s3-errors.ts";

export interface S3StoreOptions {
  /** As the user wrote it, for messages. */
  readonly url: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  readonly settings: S3Settings;
  /** Replaced by tests. */
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds without a byte after which a request is given up. */
  readonly idleMs?: number;
}

const DEFAULT_RETRY: RetryPolicy = {
  attempts: LIMITS.storeAttempts,
  baseMs: 100,
  maxMs: LIMITS.storeBackoffMs,
  clock: systemClock,
  random: Math.random,
};
/** S3 deletes so many keys in one request. */
const DELETE_KEYS = 1_000;
/** Shows that the server honours conditional puts. Written once and left: append-only policies allow no delete. */
const PROBE_KEY = ".cutover-probe";

export async function s3Store(options: S3StoreOptions): Promise<Store> {
  const sdk = await import("@aws-sdk/client-s3");
  return new S3Store(sdk, options);
}

type Sdk = typeof import("@aws-sdk/client-s3");

class S3Store implements Store {
  readonly url: string;
  onRetry?: (error: CutoverError, attempt: number) => void;
  private readonly sdk: Sdk;
  private readonly client: S3Client;
  private readonly bucket: string;
  /** Empty, or ends in a slash. */
  private readonly base: string;
  private readonly settings: S3Settings;
  private readonly retry: RetryPolicy;

  constructor(sdk: Sdk, options: S3StoreOptions) {
    this.url = options.url;
    this.sdk = sdk;
    this.bucket = options.bucket;
    this.base = options.prefix === "" ? "" : `${options.prefix}/`;
    this.settings = options.settings;
    this.retry = {
      ...DEFAULT_RETRY,
      onRetry: (error, attempt) => this.onRetry?.(error, attempt),
      ...options.retry,
    };
    this.client = createClient(sdk, options.settings, options.idleMs ?? LIMITS.storeIdleMs);
  }

  async check({ write = false, signal }: { write?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const input = { Bucket: this.bucket, Prefix: this.base, MaxKeys: 1 };
    const attempts = Math.min(this.retry.attempts, LIMITS.storeCheckAttempts);
    await this.attempt("", signal, (options) => this.client.send(new this.sdk.ListObjectsV2Command(input), options), {
      ...this.retry,
      attempts,
    });
    if (!write) return;
    // Different bytes, so that a refusal is never taken for an earlier try of the same put.
    const put = (byte: number): Promise<unknown> =>
      this.put(PROBE_KEY, new Uint8Array([byte]), { ifAbsent: true, ...pick(signal) });
    await put(0).catch(ignoreExists);
    const second = await put(1).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (isCutoverError(second, "STORE_EXISTS")) return;
    if (second !== undefined) throw second;
    throw new CutoverError("STORE_UNUSABLE", "this S3 server ignores If-None-Match, which the ledger stands on", {
      place: this.url,
      hint: "use Amazon S3, MinIO or versitygw, or a folder",
    });
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey(key);
    const input = this.putInput(key, body, options);
    // After a try whose answer never came, the object that a 412 speaks of may be our own.
    let uncertain = false;
    const etag = await this.attempt(key, options.signal, async (sending) => {
      try {
        return (await this.client.send(new this.sdk.PutObjectCommand(input), sending)).ETag;
      } catch (error) {
        const read = this.read(error, key);
        if (isCutoverError(read, "STORE_EXISTS") && uncertain)
          return await this.ownEtag(key, body, read, options.signal);
        if (isCutoverError(read, "STORE_UNAVAILABLE")) uncertain = true;
        throw read;
      }
    });
    return { key, size: body.byteLength, etag: unquote(etag) };
  }

  private putInput(key: string, body: Uint8Array, options: PutOptions): PutObjectCommandInput {
    const { sse, kmsKeyId } = this.settings;
    return {
      Bucket: this.bucket,
      Key: this.base + key,
      Body: body,
      ContentLength: body.byteLength,
      ...(options.ifAbsent ? { IfNoneMatch: "*" } : {}),
      ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
      ...(options.metadata === undefined ? {} : { Metadata: { ...options.metadata } }),
      ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
      ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    };
  }

  /** The ETag when the object holds exactly `body`; else `exists`, the error that said that it is there. */
  private async ownEtag(key: string, body: Uint8Array, exists: unknown, signal?: AbortSignal): Promise<string> {
    const info = await this.head(key, signal);
    if (info?.size !== body.byteLength) throw exists;
    if (Buffer.compare(await this.get(key, undefined, signal), body) !== 0) throw exists;
    return info.etag;
  }

  async get(key: string, range?: { start: number; end: number }, signal?: AbortSignal): Promise<Uint8Array> {
    checkKey(key);
    if (range && range.end <= range.start) {
      // HTTP has no empty range, and a missing object must still be said to be missing.
      if (await this.head(key, signal)) return new Uint8Array();
      throw new CutoverError("STORE_MISSING", "no such object", { place: this.place(key) });
    }
    const input = {
      Bucket: this.bucket,
      Key: this.base + key,
      ...(range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {}),
    };
    return this.attempt(key, signal, async (sending) => {
      try {
        const { Body, ContentLength } = await this.client.send(new this.sdk.GetObjectCommand(input), sending);
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        if (ContentLength !== undefined && bytes.byteLength !== ContentLength) throw cutShort(bytes, ContentLength);
        return bytes;
      } catch (error) {
        if (range && statusOf(error) === 416) return new Uint8Array();
        throw error;
      }
    });
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const input = { Bucket: this.bucket, Key: this.base + key };
    try {
      const { ContentLength, ETag } = await this.attempt(key, signal, (sending) =>
        this.client.send(new this.sdk.HeadObjectCommand(input), sending),
      );
      return { key, size: ContentLength ?? 0, etag: unquote(ETag) };
    } catch (error) {
      if (isCutoverError(error, "STORE_MISSING")) return undefined;
      throw error;
    }
  }

  async *list(prefix: string, options: Parameters<Store["list"]>[1] = {}): AsyncIterable<ObjectInfo> {
    const { startAfter, signal } = options;
    let token: string | undefined;
    do {
      const input = {
        Bucket: this.bucket,
        Prefix: this.base + prefix,
        ...(startAfter === undefined ? {} : { StartAfter: this.base + startAfter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const page = await this.attempt(prefix, signal, (sending) =>
        this.client.send(new this.sdk.ListObjectsV2Command(input), sending),
      );
      for (const { Key = "", Size = 0, ETag } of page.Contents ?? []) {
        // Consoles mark folders by empty objects whose key ends in a slash; they are no objects of ours.
        if (!Key.endsWith("/")) yield { key: Key.slice(this.base.length), size: Size, etag: unquote(ETag) };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
      if (page.IsTruncated && token === undefined) throw this.partialList(prefix);
    } while (token !== undefined);
  }

  private partialList(prefix: string): CutoverError {
    return new CutoverError("STORE_UNUSABLE", "S3 cut a listing short without saying how to go on", {
      place: this.place(prefix),
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    keys.forEach(checkKey);
    for (let start = 0; start < keys.length; start += DELETE_KEYS) {
      const batch = keys.slice(start, start + DELETE_KEYS);
      const Delete = { Quiet: true, Objects: batch.map((key) => ({ Key: this.base + key })) };
      await this.attempt(batch[0] ?? "", undefined, async (sending) => {
        const input = { Bucket: this.bucket, Delete };
        const { Errors = [] } = await this.client.send(new this.sdk.DeleteObjectsCommand(input), sending);
        const fault = Errors.find(({ Code }) => Code !== "NoSuchKey");
        if (fault)
          throw Object.assign(new Error(fault.Message), { name: fault.Code ?? "", $metadata: { httpStatusCode: 400 } });
      });
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  /** One call with our retries, its errors as the store's. */
  private attempt<T>(
    key: string,
    signal: AbortSignal | undefined,
    call: (options: { abortSignal?: AbortSignal }) => Promise<T>,
    retry = this.retry,
  ): Promise<T> {
    const options = signal ? { abortSignal: signal } : {};
    return withRetry(retry, signal, async () => {
      try {
        return await call(options);
      } catch (error) {
        throw this.read(error, key);
      }
    });
  }

  private read(error: unknown, key: string): unknown {
    return s3Error(error, this.place(key), this.settings.endpoint ?? "Amazon S3");
  }

  private place(key: string): string {
    return key === "" ? this.url : `${this.url} ${key}`;
  }
}

function createClient(sdk: Sdk, settings: S3Settings, idleMs: number): S3Client {
  const { endpoint, forcePathStyle } = settings;
  return new sdk.S3Client({
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: LIMITS.storeConnectMs, socketTimeout: idleMs },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...regionOf(settings),
    // Virtual hosts need DNS, which servers at an address of one's own seldom have.
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
  });
}

/** A server of one's own has no regions, but requests are signed for one. Without an endpoint the SDK looks for it. */
function regionOf({ endpoint, region = process.env.AWS_REGION }: S3Settings): { region?: string } {
  if (region) return { region };
  return endpoint === undefined ? {} : { region: "us-east-1" };
}

function ignoreExists(error: unknown): void {
  if (!isCutoverError(error, "STORE_EXISTS")) throw error;
}

function pick(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function unquote(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}

function statusOf(error: unknown): number | undefined {
  return (error as Partial<S3ServiceException>)?.$metadata?.httpStatusCode;
}

function cutShort(bytes: Uint8Array, expected: number): Error {
  return Object.assign(new Error(`${bytes.byteLength} of ${expected} bytes`), { code: "ECONNRESET" });
}
