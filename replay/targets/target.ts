/** The port to a target: one try of one request. Adapters: http.ts, sagemaker.ts, command.ts, module.ts. */

/**
 * What one try came to. Closed set; `retry.ts` says for each what is done next and which outcome it ends as.
 * - ok, model_error: an answer. model_fault: a 5xx of the model itself, tried again a little, then an answer.
 * - refused: the endpoint was never reached (connection refused, name unknown). missing, denied: it is not there, or not for us.
 */
export type Fate =
  | "ok"
  | "model_error"
  | "model_fault"
  | "rejected_input"
  | "throttled"
  | "not_ready"
  | "unavailable"
  | "timeout"
  | "connection"
  | "refused"
  | "too_large"
  | "bad_response"
  | "missing"
  | "denied";

/** Where requests of a model go; the key is what limits, buckets and parking go by. */
export interface Endpoint {
  readonly key: string;
  /** Request path and query (HTTP), endpoint name (SageMaker), program and arguments as JSON (command), or model (module). */
  readonly address: string;
}

export interface TargetRequest {
  readonly id: string;
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly accept: string;
  /** What the legacy system answered: a 404 that it gave too is the model's answer, not a missing endpoint. */
  readonly legacyStatus: number;
  /** Asked at the last moment before its bytes leave; false: they do not, and the reply is UNSENT. Not every target asks. */
  readonly mayWrite?: (() => boolean) | undefined;
}

export interface Reply {
  readonly fate: Fate;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** Bytes of an answer (fates ok, model_error, model_fault). */
  readonly body: Uint8Array | null;
  readonly type: string | null;
  readonly variant: string | null;
  /** Short and stable: `http_503`, `ThrottlingException`, `ECONNRESET`; null when ok. */
  readonly errorClass: string | null;
  readonly errorDetail: string | null;
  /** As the endpoint asked (Retry-After), in milliseconds. */
  readonly retryAfterMs: number | null;
  /** The target itself was started for this try, so that its latency is no answer's; absent where that cannot be known. */
  readonly cold?: boolean;
}

export const TARGET_KINDS = ["http", "sagemaker", "command", "module"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  /** The endpoint of a model. Pure; throws TARGET_UNUSABLE when the model's name cannot stand in it. */
  endpoint(model: string): Endpoint;
  /** Sends once and waits for the whole answer, at most the target's timeout. A fault of the endpoint is a reply, never a throw. */
  send(request: TargetRequest): Promise<Reply>;
  /** Closes connections; what is in flight fails. */
  close(): Promise<void>;
}

/** Of a request that was not to be written any more: known by identity, since it is no fate of an endpoint. */
export const UNSENT: Reply = failure("connection", "unsent", "the request was not to be sent any more");

/** A reply without an answer. */
export function failure(fate: Fate, errorClass: string, detail: string, more: Partial<Reply> = {}): Reply {
  return {
    fate,
    status: null,
    body: null,
    type: null,
    variant: null,
    errorClass,
    errorDetail: detail,
    retryAfterMs: null,
    ...more,
  };
}
