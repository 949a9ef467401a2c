/** Where a bench keeps a lake of its own: a temporary folder, or a bucket of the test server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBucket, removeBucket } from "../../test/support/s3.ts";
import { withServices } from "./services.ts";

export interface Site {
  /** Of cutover.yaml. */
  readonly store: string;
  readonly s3: object;
  /** For the config. */
  readonly dir: string;
}

export interface SiteOptions {
  /** Of folder and bucket. */
  readonly name: string;
  readonly s3: boolean;
  /** Leaves everything where it is. */
  readonly keep: boolean;
}

/** Resolves with where it was kept, if it was. */
export async function withSite(options: SiteOptions, use: (site: Site) => Promise<void>): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), `cutover-${options.name}-bench-`));
  try {
    if (options.s3) await withServices(({ s3 }) => inBucket(s3, dir, options, use));
    else await use({ store: join(dir, "data"), s3: {}, dir });
  } finally {
    if (!options.keep) await rm(dir, { recursive: true, force: true });
  }
  return options.keep ? dir : undefined;
}

async function inBucket(
  endpoint: string,
  dir: string,
  { name, keep }: SiteOptions,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const bucket = `${name}-${Date.now().toString(36)}`;
  await makeBucket(endpoint, bucket);
  try {
    await use({ store: `s3://${bucket}/lake`, s3: { endpoint, region: "us-east-1", forcePathStyle: true }, dir });
  } finally {
    if (!keep) await removeBucket(endpoint, bucket);
  }
}
