import { randomBytes } from "node:crypto";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store } from "../../../src/store/port.ts";
import { s3Store } from "../../../src/store/s3.ts";
import { requireOrSkip } from "../../support/require.ts";
import { makeBucket, removeBucket, testClient } from "../../support/s3.ts";
import { expectCode, keysOf, testStore } from "./conformance.ts";

/** Endpoint of a real S3 server; credentials as the SDK finds them. */
const { CUTOVER_TEST_S3: endpoint = "" } = process.env;
const skip = requireOrSkip("services not running: npm run services", endpoint !== "");
const bucket = `cutover-test-${randomBytes(6).toString("hex")}`;
const open = (prefix: string, name = bucket): Promise<Store> =>
  s3Store({ url: `s3://${name}/${prefix}`, bucket: name, prefix, settings: { endpoint } });

describe.skipIf(skip)("on a real S3 server", () => {
  beforeAll(() => makeBucket(endpoint, bucket));
  afterAll(() => removeBucket(endpoint, bucket));

  testStore({ name: "S3", open: () => open("a/prefix"), manyObjects: 1_100 });

  test("keys stand under the prefix, and those beside it are not seen", async () => {
    const [inside, beside, above] = await Promise.all([open("in"), open("in-side"), open("")]);
    await inside.put("k", Buffer.from("1"));
    await beside.put("k", Buffer.from("2"));
    expect(await keysOf(inside.list(""))).toEqual(["k"]);
    expect(await keysOf(above.list("in"))).toEqual(["in-side/k", "in/k"]);
    await Promise.all([inside.close(), beside.close(), above.close()]);
  });

  test("metadata and content type stand beside the object", async () => {
    const store = await open("meta");
    await store.put("k", Buffer.from("1"), { contentType: "text/plain", metadata: { cutover: '{"a":1}' } });
    const client = testClient(endpoint);
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: "meta/k" }));
    client.destroy();
    expect(head).toMatchObject({ ContentType: "text/plain", Metadata: { cutover: '{"a":1}' } });
    await store.close();
  });

  test("a bucket that does not exist is said to be missing", async () => {
    const store = await open("", `${bucket}-not`);
    const error = await expectCode(store.check(), "STORE_UNUSABLE");
    expect(error.message).toBe("no such bucket");
    await expectCode(store.put("k", Buffer.from("1")), "STORE_UNUSABLE");
    await store.close();
  });

  test("wrong credentials are said to be refused", async () => {
    const secret = process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = "wrong";
    try {
      const store = await open("");
      await expectCode(store.check(), "STORE_DENIED");
      await store.close();
    } finally {
      process.env.AWS_SECRET_ACCESS_KEY = secret;
    }
  });
});
