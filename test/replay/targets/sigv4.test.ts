/** Our signer against the AWS SDK's: what the SDK would send is caught before it leaves, and signed again by us. */
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { invocationHeaders, invocationPath } from "../../../replay/targets/sagemaker-request.ts";
import { amzDate, canonicalPath, createSigner, sha256Of } from "../../../replay/targets/sigv4.ts";

beforeEach(() => {
  // Only the wall clock: the SDK waits on real timers.
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const RUNS = 1_000;
/** Header values that HTTP can carry, blanks in odd places among them. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(..." \tab=;,/*%é+~!'()"), minLength: 1, maxLength: 40 }),
  fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 200 }),
  fc.constantFrom("application/json", "text/csv; charset=utf-8", "  two  blanks  ", "a\tb", "ünïcode"),
);
const endpointName = fc.oneof(
  fc.constantFrom("ep1", ".", "..", "a..b", "a/b", "a b", "a%20b", "!'()*", "ü/é", "-", "~._", "x".repeat(63)),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 63 }),
  fc.stringMatching(/^[A-Za-z0-9-]{1,63}$/),
);
const secret = fc.string({ unit: "grapheme", minLength: 1, maxLength: 150 });
const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const exchange = fc.record({
  nowMs: fc.integer({ min: Date.UTC(2001, 0, 1), max: Date.UTC(2099, 11, 31) }),
  skewMs: fc.oneof(fc.constant(0), fc.integer({ min: -90_000_000, max: 90_000_000 })),
  region: fc.constantFrom("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "ap-southeast-3"),
  url: fc.constantFrom(undefined, "http://127.0.0.1:8080", "https://example.com", "https://example.com:8443/a/b c/"),
  credentials: fc.record(
    {
      accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,32}$/),
      secretAccessKey: secret,
      sessionToken: fc.base64String({ minLength: 4, maxLength: 400 }),
    },
    { requiredKeys: ["accessKeyId", "secretAccessKey"] },
  ),
  input: fc.record({
    EndpointName: endpointName,
    Body: fc.uint8Array({ maxLength: 2_000 }),
    ContentType: value,
    Accept: value,
    InferenceId: optional(value),
    TargetModel: optional(value),
    TargetVariant: optional(value),
    InferenceComponentName: optional(value),
  }),
  more: fc.record({
    CustomAttributes: optional(value),
    TargetContainerHostname: optional(value),
    EnableExplanations: optional(value),
    SessionId: optional(value),
  }),
});
type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;

interface SdkRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the SDK would send. */
async function sdkRequest({ region, url, credentials, skewMs, input, more }: Exchange): Promise<SdkRequest> {
  let seen: SdkRequest | undefined;
  const client = new SageMakerRuntimeClient({
    region,
    credentials,
    systemClockOffset: skewMs,
    maxAttempts: 1,
    ...(url === undefined ? {} : { endpoint: url }),
    requestHandler: {
      handle: async (request: SdkRequest) => {
        seen = request;
        throw new Error("seen");
      },
    },
  });
  const error = await client.send(new InvokeEndpointCommand({ ...input, ...more })).catch((fault: unknown) => fault);
  client.destroy();
  if (!seen) throw error;
  return seen;
}

const SIGNED_BY_SDK_ALONE = /^(amz-sdk-|x-amz-user-agent$|user-agent$)/;
const OF_THE_SIGNATURE = /^(authorization|host|content-length|x-amz-.*)$/;
const OF_MORE = /-(custom-attributes|target-container-hostname|enable-explanations|session-id)$/;

describe("a request of InvokeEndpoint", () => {
  test(`is signed as the SDK signs it, all headers of ${RUNS} random ones, byte for byte`, async () => {
    await fc.assert(
      fc.asyncProperty(exchange, async (one) => {
        vi.setSystemTime(one.nowMs);
        const { path, headers, body } = await sdkRequest(one);
        const { authorization, ...rest } = headers;
        const signer = createSigner(
          one.credentials,
          { region: one.region, service: "sagemaker" },
          amzDate(one.nowMs + one.skewMs),
        );
        const signed = {
          method: "POST",
          canonicalPath: canonicalPath(path),
          headers: rest,
          bodySha256: sha256Of(body),
        };
        expect(rest["x-amz-date"]).toBe(signer.amzDate);
        expect(rest["x-amz-content-sha256"]).toBe(signed.bodySha256);
        expect(signer.authorization(signed)).toBe(authorization);
        // The same signer signs the next request of its second as well.
        expect(signer.authorization(signed)).toBe(authorization);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test("has the path and the headers that the SDK gives it", async () => {
    await fc.assert(
      fc.asyncProperty(exchange, async (one) => {
        vi.setSystemTime(one.nowMs);
        const { path, headers } = await sdkRequest(one);
        const modelled = Object.entries(headers).filter(([name]) => {
          return ![SIGNED_BY_SDK_ALONE, OF_THE_SIGNATURE, OF_MORE].some((pattern) => pattern.test(name));
        });
        expect(invocationHeaders(one.input)).toEqual(Object.fromEntries(modelled));
        const base = path.slice(0, path.lastIndexOf("/endpoints/"));
        expect(invocationPath(base, one.input.EndpointName)).toEqual({ path, canonical: canonicalPath(path) });
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
