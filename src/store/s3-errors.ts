/** What an S3 server answered, or the network did, as the store's errors. */
import { CutoverError, type ErrorCode, messageOf } from "../errors.ts";

/** The parts of an AWS SDK error that are read. */
interface Fault {
  readonly name?: string;
  /** Node's code of a network error; some servers' error code. */
  readonly code?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

interface Reading {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const DENIED: Reading = {
  code: "STORE_DENIED",
  message: "S3 refuses access",
  hint: "check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID, role) and the bucket's policy",
};
const PASSING: Reading = { code: "STORE_UNAVAILABLE", message: "S3 does not answer as it should" };
const NO_BUCKET: Reading = {
  code: "STORE_UNUSABLE",
  message: "no such bucket",
  hint: "create it, or name another with --store s3://BUCKET/PREFIX",
};

const NO_REGION: Reading = {
  code: "STORE_UNUSABLE",
  message: "the bucket's region is not known",
  hint: "set s3.region or AWS_REGION",
};

/** By the server's error code. */
const BY_NAME: Readonly<Record<string, Reading>> = {
  NoSuchBucket: NO_BUCKET,
  InvalidBucketName: NO_BUCKET,
  NoSuchKey: { code: "STORE_MISSING", message: "no such object" },
  PreconditionFailed: { code: "STORE_EXISTS", message: "the object exists" },
  PermanentRedirect: {
    code: "STORE_UNUSABLE",
    message: "the bucket is in another region",
    hint: "set s3.region to the bucket's region",
  },
  AuthorizationHeaderMalformed: {
    code: "STORE_UNUSABLE",
    message: "the bucket is in another region, or s3.region is wrong",
    hint: "set s3.region to the bucket's region",
  },
  InvalidAccessKeyId: DENIED,
  SignatureDoesNotMatch: DENIED,
  ExpiredToken: { ...DENIED, message: "the AWS credentials have expired", hint: "renew them, then start again" },
  RequestTimeTooSkewed: {
    ...DENIED,
    message: "this machine's clock is wrong",
    hint: "set the clock, then start again",
  },
  EntityTooLarge: { code: "STORE_FULL", message: "the object is larger than S3 takes" },
  QuotaExceeded: { code: "STORE_FULL", message: "the bucket's quota is reached" },
  XMinioStorageFull: { code: "STORE_FULL", message: "the S3 server has no space left" },
  RequestTimeout: PASSING,
  SlowDown: { ...PASSING, message: "S3 asks to slow down" },
  CredentialsProviderError: {
    code: "STORE_DENIED",
    message: "no AWS credentials found",
    hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role",
  },
};

/** By HTTP status, where the error code says nothing known (HEAD has no body). */
function byStatus(status: number): Reading | undefined {
  if (status === 401 || status === 403) return DENIED;
  if (status === 404) return { code: "STORE_MISSING", message: "no such object" };
  if (status === 301 || status === 307) return BY_NAME.PermanentRedirect;
  if (status === 412) return BY_NAME.PreconditionFailed;
  if (status === 409) return { ...PASSING, message: "another write of the same key is under way" };
  if (status === 429) return BY_NAME.SlowDown;
  if (status === 408) return PASSING;
  if (status === 507) return { code: "STORE_FULL", message: "the S3 server has no space left" };
  if (status >= 500) return PASSING;
  return { code: "STORE_UNUSABLE", message: "S3 refuses the request" };
}

/** By Node's code of a network error. */
function byNetwork(code: string, endpoint: string): Reading {
  if (code === "ECONNREFUSED") {
    return { ...PASSING, message: `nothing listens at ${endpoint}`, hint: "start the S3 server, or check s3.endpoint" };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return { ...PASSING, message: `the host of ${endpoint} is not known`, hint: "check s3.endpoint and s3.region" };
  }
  return PASSING;
}

const NETWORK_CODE = /^(E[A-Z_]{3,}|ERR_SSL.*|ERR_TLS.*|UND_ERR.*|.*CERT.*)$/;

/** CutoverErrors pass unchanged; so does what is no fault of S3 or the network: a bug. */
export function s3Error(error: unknown, place: string, endpoint: string): unknown {
  if (error instanceof CutoverError || !(error instanceof Error)) return error;
  const fault: Fault = firstCause(error);
  const status = fault.$metadata?.httpStatusCode ?? fault.$response?.statusCode;
  const reading = readingOf(fault, status, endpoint);
  if (!reading) return error;
  return new CutoverError(reading.code, reading.message, {
    place,
    received: [status, fault.name ?? fault.code, messageOf(fault)].filter(Boolean).join(" "),
    ...(reading.hint === undefined ? {} : { hint: reading.hint }),
    cause: error,
  });
}

function readingOf(fault: Fault, status: number | undefined, endpoint: string): Reading | undefined {
  const known = BY_NAME[fault.name ?? ""] ?? BY_NAME[fault.Code ?? fault.code ?? ""];
  if (known) return known;
  if (fault.code !== undefined && NETWORK_CODE.test(fault.code)) return byNetwork(fault.code, endpoint);
  if (fault.message === "Region is missing") return NO_REGION;
  if (fault.name === "TimeoutError") return { ...PASSING, message: "S3 did not answer in time" };
  // 2xx with an error: the answer was cut short or is no XML.
  if (status !== undefined) return status < 300 ? PASSING : byStatus(status);
  return undefined;
}

/** Node tries IPv6 and IPv4 and wraps both failures; the first tells enough. */
function firstCause(error: Error): Fault & Error {
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
}
