/** What an answer means, as tables: HTTP status, SageMaker error name, socket error code → fate. */
import type { Fate } from "./target.ts";

/** For an HTTP target, why a status that is not listed is the model's own answer stands at `httpFate`. */
export const HTTP_FATES: Readonly<Record<number, Fate>> = {
  // Not there, or not for us: true of every request, so the endpoint is parked.
  401: "denied",
  403: "denied",
  404: "missing",
  407: "denied",
  // The server gave up waiting for the request.
  408: "timeout",
  // The request is above what the server takes; it will be tomorrow.
  413: "too_large",
  425: "unavailable",
  429: "throttled",
  // A gateway speaks, not the model.
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
  530: "unavailable",
};

/**
 * 2xx is an answer. A status that would park the endpoint is the model's answer when legacy gave the same one
 * to the same input. A redirect is not followed: it is no answer. Any other 4xx is what the model says to this
 * input; any other 5xx is a fault of the model, tried again a little and then kept with its bytes.
 */
export function httpFate(status: number, legacyStatus: number): Fate {
  if (status >= 200 && status < 300) return "ok";
  const listed = HTTP_FATES[status];
  if (listed !== undefined) {
    const parks = listed === "missing" || listed === "denied";
    return parks && status === legacyStatus ? "model_error" : listed;
  }
  if (status < 400) return "bad_response";
  return status < 500 ? "model_error" : "model_fault";
}

/** Error names of the SageMaker runtime and of the AWS front door, without their `Exception` suffix. */
export const SAGEMAKER_FATES: Readonly<Record<string, Fate>> = {
  ModelNotReady: "not_ready",
  Throttling: "throttled",
  TooManyRequests: "throttled",
  RequestLimitExceeded: "throttled",
  ServiceUnavailable: "unavailable",
  InternalFailure: "unavailable",
  InternalServer: "unavailable",
  InternalServerError: "unavailable",
  InternalDependency: "unavailable",
  ValidationError: "rejected_input",
  Validation: "rejected_input",
  RequestEntityTooLarge: "too_large",
  AccessDenied: "denied",
  UnrecognizedClient: "denied",
  InvalidSignature: "denied",
  SignatureDoesNotMatch: "denied",
  InvalidClientTokenId: "denied",
  IncompleteSignature: "denied",
  MissingAuthenticationToken: "denied",
  ExpiredToken: "denied",
  RequestExpired: "denied",
  RequestInTheFuture: "denied",
  RequestTimeTooSkewed: "denied",
  AuthFailure: "denied",
  NotAuthorized: "denied",
};

/** "Endpoint mod-a of account 123 not found." and its like for variants and inference components. */
const NOT_FOUND = /\b(endpoint|variant|component)\b.*\b(not found|could not be found|does not exist|not exist)\b/is;

/** The status decides when the name says nothing, as for a proxy's HTML. */
export function sagemakerFate(name: string, status: number | null, message: string): Fate {
  const listed = SAGEMAKER_FATES[name.replace(/Exception$/, "")];
  if (listed === "rejected_input" && NOT_FOUND.test(message)) return "missing";
  if (listed !== undefined) return listed;
  if (status === null) return "connection";
  if (status === 429) return "throttled";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "missing";
  if (status === 413) return "too_large";
  if (status === 408) return "timeout";
  if (status >= 500) return "unavailable";
  return status >= 400 ? "rejected_input" : "bad_response";
}

/** A ModelError carries what the container said: its 4xx is the answer, its 5xx a fault of the model. */
export function modelErrorFate(originalStatus: number): Fate {
  return originalStatus >= 400 && originalStatus < 500 ? "model_error" : "model_fault";
}

/** Socket errors before any byte of the server: it was never reached. */
const REFUSED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Answers that are no sound HTTP: shorter or longer than announced, cut in a chunk, not HTTP at all. */
const UNSOUND = /^(HPE_|HTTPParserError|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_RESPONSE)/;

export function socketFate(code: string): Fate {
  if (REFUSED.has(code)) return "refused";
  if (UNSOUND.test(code)) return "bad_response";
  return "connection";
}

/** The code of a socket error, looked for through its causes; its name when there is none. */
export function errorCode(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = firstCause(at)) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return error instanceof Error ? error.name : "unknown";
}

function firstCause(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}
