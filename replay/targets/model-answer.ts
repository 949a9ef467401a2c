/** What a model that is no server (a program, a module) is asked, and its answer as a reply. Pure. */
import { type Fate, failure, type Reply, type TargetRequest } from "./target.ts";

export interface ModelAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

/** The request with the types that the target's settings give instead of what was captured. */
export function inForm(
  request: TargetRequest,
  { contentType = request.contentType, accept = request.accept }: Form,
): TargetRequest {
  return { ...request, contentType, accept };
}

interface Form {
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
}

/**
 * There is no gateway in front of it, so a status is the model's own: 4xx is its answer to this input, also 404; 5xx
 * a fault, tried again a little and then kept with its bytes. 429 and 503 ask for another try, as they do over HTTP.
 */
export function modelFate(status: number): Fate {
  if (status >= 200 && status < 300) return "ok";
  if (status === 429) return "throttled";
  if (status === 503) return "unavailable";
  if (status >= 500) return "model_fault";
  return status >= 400 ? "model_error" : "bad_response";
}

export function replyOf({ status, type, body }: ModelAnswer, maxResponse: number, cold: boolean): Reply {
  if (body.byteLength > maxResponse) {
    const detail = `${body.byteLength} bytes, more than maxResponse ${maxResponse}`;
    return { ...failure("too_large", "response_too_large", detail, { status }), cold };
  }
  const fate = modelFate(status);
  const judged = fate === "ok" || fate === "model_error" || fate === "model_fault";
  const ok = fate === "ok";
  return {
    fate,
    status,
    body: judged ? body : null,
    type,
    variant: null,
    errorClass: ok ? null : `status_${status}`,
    errorDetail: ok ? null : `status ${status}`,
    retryAfterMs: null,
    cold,
  };
}

export function isStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 && value <= 599;
}
