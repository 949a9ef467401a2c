/** A store from the text that stands in `store:` or `--store`. */
import type { S3Settings } from "../config/schema.ts";
import { CutoverError } from "../errors.ts";
import { localStore } from "./local.ts";
import { memoryStore } from "./memory.ts";
import type { Store } from "./port.ts";

/** `s3://bucket/prefix`, `memory:`, or a folder. Opens nothing yet: `check()` says whether it can be used. */
export async function openStore(url: string, s3: S3Settings): Promise<Store> {
  if (url === "memory:") return memoryStore();
  // `s3:/bucket` is a slip, not a folder; a folder of such a name can be written ./s3:/bucket.
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(url)?.[1];
  if (scheme === undefined && url.trim() !== "") return localStore(url);
  if (scheme === "s3") {
    const { s3Store } = await import("./s3.ts");
    return s3Store({ url, ...parseS3Url(url), settings: s3 });
  }
  throw new CutoverError("CONFIG", scheme ? `a store cannot be at ${scheme}:` : "the store has no name", {
    place: "store",
    expected: "s3://bucket/prefix, a folder, or memory:",
    received: JSON.stringify(url),
  });
}

/** Bucket, and prefix without slashes at its ends. */
export function parseS3Url(url: string): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url);
  const prefix = (match?.[2] ?? "").replace(/\/+$/, "");
  const segments = prefix === "" ? [] : prefix.split("/");
  if (!match || segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new CutoverError("CONFIG", "not an S3 address", {
      place: "store",
      expected: "s3://bucket or s3://bucket/prefix",
      received: JSON.stringify(url),
    });
  }
  return { bucket: match[1] as string, prefix };
}
