import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";

const PROBE_TIMEOUT_MS = 2_000;

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A client of the test server, with credentials from the environment unless given. The caller destroys it. */
export function testClient(endpoint: string, access?: Omit<S3Access, "endpoint">): S3Client {
  return new S3Client({
    endpoint,
    region: access?.region ?? process.env.AWS_REGION ?? "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    ...(access === undefined
      ? {}
      : { credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey } }),
  });
}

export async function makeBucket(endpoint: string, bucket: string): Promise<void> {
  await withClient(endpoint, (client) => client.send(new CreateBucketCommand({ Bucket: bucket })));
}

/** Deletes every object; the bucket stays. */
export async function emptyBucket(endpoint: string, bucket: string): Promise<void> {
  await withClient(endpoint, (client) => empty(client, bucket));
}

/** Deletes every object under a prefix. */
export async function removePrefix(endpoint: string, bucket: string, prefix: string): Promise<void> {
  await withClient(endpoint, (client) => empty(client, bucket, prefix));
}

/** Deletes the bucket and all that is in it. */
export async function removeBucket(endpoint: string, bucket: string): Promise<void> {
  await withClient(endpoint, async (client) => {
    await empty(client, bucket);
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  });
}

/** Keys under `prefix`, in the server's order. */
export async function listKeys(endpoint: string, bucket: string, prefix = ""): Promise<string[]> {
  return withClient(endpoint, async (client) => {
    const keys: string[] = [];
    for await (const page of pages(client, bucket, prefix)) keys.push(...page);
    return keys;
  });
}

/** Resolves when the server lists its buckets for these credentials; rejects otherwise. */
export async function s3IsUp(access: S3Access): Promise<void> {
  const client = testClient(access.endpoint, access);
  try {
    await client.send(new ListBucketsCommand({}), { abortSignal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  } finally {
    client.destroy();
  }
}

async function empty(client: S3Client, bucket: string, prefix = ""): Promise<void> {
  for await (const keys of pages(client, bucket, prefix)) {
    if (keys.length === 0) continue;
    const { Errors: errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
    );
    if (errors.length > 0) throw new Error(`${bucket}: ${errors.length} objects not deleted: ${errors[0]?.Message}`);
  }
}

async function* pages(client: S3Client, bucket: string, prefix: string): AsyncGenerator<string[]> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    yield (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

async function withClient<T>(endpoint: string, action: (client: S3Client) => Promise<T>): Promise<T> {
  const client = testClient(endpoint);
  try {
    return await action(client);
  } finally {
    client.destroy();
  }
}
