/** The check itself: a request that the AWS SDK signed, and what may be wrong with one. */
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { misbehavingServer, type Seen } from "./misbehaving-server.ts";
import { signatureFault } from "./sigv4-check.ts";

type Request = Parameters<typeof signatureFault>[0];
let request: Request;
let body: Buffer;

beforeAll(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_SESSION_TOKEN", "token+/=");
  const server = await misbehavingServer(() => ({ do: "answer" }));
  const client = new SageMakerRuntimeClient({ region: "eu-west-1", endpoint: server.url });
  await client.send(new InvokeEndpointCommand({ EndpointName: "mod-a", Body: "{}", ContentType: "text/csv" }));
  client.destroy();
  const [{ path, headers, body: sent }] = server.seen as [Seen];
  request = { method: "POST", url: path, headers };
  body = sent;
  await server.close();
});
afterAll(() => vi.unstubAllEnvs());

test("what the SDK signed is sound", async () => {
  expect(await signatureFault(request, body)).toBeUndefined();
});

const header = (name: string, value: string | undefined) => (given: Request) => ({
  ...given,
  headers: { ...given.headers, [name]: value },
});
const inAuthorization = (find: string | RegExp, replace: string) => (given: Request) =>
  header("authorization", given.headers.authorization?.replace(find, replace))(given);

test.each<[string, (given: Request) => Request, string, string?]>([
  ["another body", (given) => given, "x-amz-content-sha256 is not that of the body", "{ }"],
  ["another path", (given) => ({ ...given, url: "/endpoints/mod-b/invocations" }), "the signature is not"],
  ["another content type", header("content-type", "application/json"), "the signature is not"],
  ["no authorization", header("authorization", undefined), "no AWS4-HMAC-SHA256"],
  ["another key", inAuthorization("AKIDEXAMPLE", "AKIDOTHER"), "an access key that is not known"],
  ["another service", inAuthorization("/sagemaker/", "/s3/"), "signed for s3"],
  ["another region", inAuthorization("eu-west-1", "eu-west-2"), "the signature is not"],
  ["a header that is not signed", header("x-amzn-sagemaker-target-model", "m"), "is not signed"],
  ["another token", header("x-amz-security-token", "old"), "another session token"],
  ["a time of long ago", header("x-amz-date", "20200101T000000Z"), "signed at 20200101T000000Z"],
])("%s is found out", async (_name, change, expected, otherBody) => {
  const fault = await signatureFault(change(request), otherBody === undefined ? body : Buffer.from(otherBody));
  expect(fault).toContain(expected);
});
