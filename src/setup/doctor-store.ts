/** What `doctor` asks of the store: conditional puts, the clock of an S3 server, the disk of a folder. */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import { CutoverError, messageOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Check, Session } from "../session.ts";

export function storeChecks({ store, config, clock }: Pick<Session, "store" | "config" | "clock">): Check[] {
  const checks: Check[] = [
    {
      name: `store ${store.url}`,
      async run(signal) {
        await store.check({ write: true, signal });
        return "can be read and written; what is there is not overwritten by a conditional put";
      },
    },
  ];
  if (store.url.startsWith("s3://")) {
    const url = s3Endpoint(config.s3);
    checks.push({ name: `clock of ${url}`, run: (signal) => clockText(url, () => clock.now(), signal) });
  } else if (store.url !== "memory:") {
    checks.push({ name: `disk of ${store.url}`, run: () => diskText(store.url) });
  }
  return checks;
}

function s3Endpoint({ endpoint, region = process.env.AWS_REGION }: Config["s3"]): string {
  return endpoint ?? `https://s3.${region ?? "us-east-1"}.amazonaws.com`;
}

/**
 * Signatures carry our time, and S3 refuses those that are minutes off. Any answer has a Date, a refusal too; it is
 * whole seconds, and was written between the two times that we read.
 */
async function clockText(url: string, now: () => number, signal: AbortSignal): Promise<string> {
  const before = now();
  const answer = await fetch(url, { method: "HEAD", redirect: "manual", signal }).catch((cause: unknown) => {
    throw new CutoverError("STORE_UNAVAILABLE", "no answer, so its clock is not known", {
      received: messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause),
      hint: "correct s3.endpoint and s3.region, or start the server",
      cause,
    });
  });
  const after = now();
  const theirs = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return "it sends no Date, so its clock is not known";
  const skew = theirs > after ? theirs - after : Math.min(0, theirs + 999 - before);
  const text = `${Math.abs(skew / 1000).toFixed(1)} s ${skew < 0 ? "behind" : "ahead of"} this machine`;
  if (Math.abs(skew) <= LIMITS.clockSkewMs) return skew === 0 ? "the same as here, to the second" : text;
  throw new CutoverError("STORE_UNUSABLE", `its clock is ${text}`, {
    hint: "synchronise both clocks (NTP): S3 refuses requests that are signed minutes off",
  });
}

async function diskText(folder: string): Promise<string> {
  const { bavail, bsize, files, ffree } = await statfs(await existing(resolve(folder)));
  const free = bavail * bsize;
  if (free < LIMITS.diskFreeBytes)
    throw new CutoverError("STORE_FULL", `${gib(free)} free`, {
      received: `less than ${gib(LIMITS.diskFreeBytes)}`,
      hint: "make room, or choose another folder or a bucket in store:",
    });
  // Some file systems count no inodes.
  if (files > 0 && ffree < LIMITS.diskFreeFiles)
    throw new CutoverError("STORE_FULL", `room for ${ffree} more files`, {
      hint: "the file system has no inodes left: choose another folder or a bucket in store:",
    });
  return `${gib(free)} free`;
}

/** The folder, or the nearest above it that is there: it is made by the first put. */
async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await statfs(at).then(
      () => true,
      () => false,
    );
    if (found || at === dirname(at)) return at;
  }
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
