/** Node's file system errors as the store's. */
import { CutoverError, type ErrorCode, messageOf } from "../errors.ts";

interface Reading {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const NO_LINKS: Reading = {
  code: "STORE_UNUSABLE",
  message: "this file system has no hard links, which a put that must not overwrite needs",
  hint: "put the store on a local disk (ext4, xfs, APFS) or on S3",
};
const CLASH: Reading = {
  code: "STORE_UNUSABLE",
  message: "a file stands where a folder is needed, or a folder where a file is",
  hint: "name another folder with --store, or move what stands there",
};
const FULL: Reading = {
  code: "STORE_FULL",
  message: "no space left for the store",
  hint: "free space, then start again",
};
const DENIED: Reading = {
  code: "STORE_DENIED",
  message: "permission denied",
  hint: "give this user access, or name another folder with --store",
};

const READINGS: Readonly<Record<string, Reading>> = {
  ENOENT: { code: "STORE_UNUSABLE", message: "the folder is gone", hint: "start again: a put makes the folder" },
  EISDIR: CLASH,
  ENOTDIR: CLASH,
  EEXIST: CLASH,
  ENOTEMPTY: CLASH,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: { code: "STORE_FULL", message: "the file is larger than this file system allows" },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { code: "STORE_UNUSABLE", message: "the file system is read-only", hint: "name another folder with --store" },
  ENAMETOOLONG: { code: "STORE_UNUSABLE", message: "the key is too long for this file system" },
  ELOOP: { code: "STORE_UNUSABLE", message: "symbolic links form a loop" },
  EMFILE: { code: "STORE_UNAVAILABLE", message: "too many open files", hint: "raise the limit (ulimit -n)" },
  ENFILE: { code: "STORE_UNAVAILABLE", message: "too many open files", hint: "raise the limit (ulimit -n)" },
  EIO: { code: "STORE_UNAVAILABLE", message: "the disk reports an error" },
  ESTALE: { code: "STORE_UNAVAILABLE", message: "the network file system lost the file" },
};

/** What link(2) answers where hard links are missing; EXDEV is a folder mounted from elsewhere. */
const LINK_REFUSALS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];

/** CutoverErrors and aborts pass unchanged; what no reading covers passes too, as the bug it is. */
export function localError(error: unknown, root: string, key: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof CutoverError) return error;
  const isLink = (error as NodeJS.ErrnoException).syscall === "link";
  const reading = isLink && LINK_REFUSALS.includes(code) ? NO_LINKS : READINGS[code];
  if (!reading) return error;
  return new CutoverError(reading.code, reading.message, {
    place: key === "" ? root : `${root} ${key}`,
    received: messageOf(error),
    ...(reading.hint === undefined ? {} : { hint: reading.hint }),
    cause: error,
  });
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}
