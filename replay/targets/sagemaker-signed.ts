/** Sends to the SageMaker runtime by our own signature and transport, where the SDK takes a half millisecond of CPU a request. */
import { createIdentityCache, type Identity } from "./identity.ts";
import type { Invocation } from "./sagemaker-request.ts";
import { type InvocationPath, invocationHeaders, invocationPath } from "./sagemaker-request.ts";
import { amzDate, createSigner, type Signer, sha256Of } from "./sigv4.ts";
import type { Reply, TargetRequest } from "./target.ts";
import { openTransport, type TransportLimits, type WireAnswer } from "./transport.ts";

/** Where the SDK would send, and as what it would sign. */
export interface Site {
  /** `https://runtime.sagemaker.eu-west-1.amazonaws.com` */
  readonly origin: string;
  /** Value of the host header. */
  readonly host: string;
  readonly basePath: string;
  readonly region: string;
  readonly service: string;
}

/** What the service's clock says more than ours, in milliseconds; shared with the SDK, which corrects it from errors. */
export interface Clock {
  systemClockOffset: number;
}

export interface SignedSending {
  send(request: TargetRequest, invocation: Invocation): Promise<Reply>;
  close(): Promise<void>;
}

export interface SigningOptions extends TransportLimits {
  readonly site: Site;
  readonly clock: Clock;
  readonly credentials: () => Promise<Identity>;
  /** Reads an answer that is no 2xx; `offset` is the clock's as it was signed with. */
  readonly onError: (request: TargetRequest, answer: WireAnswer, offset: number) => Promise<Reply>;
}

export function openSignedSending(options: SigningOptions): SignedSending {
  const { site, clock, onError } = options;
  const transport = openTransport(site.origin, options);
  const identities = createIdentityCache(options.credentials);
  const signerOf = createSigners(site);
  const pathOf = createPaths(site.basePath);
  const watch = createClockWatch(clock);

  const post = (identity: Identity, request: TargetRequest, invocation: Invocation): Promise<Reply> => {
    const offset = clock.systemClockOffset;
    const signer = signerOf(identity, Date.now() + offset);
    const { path, canonical } = pathOf(request.endpoint.address);
    const bodySha256 = sha256Of(request.body);
    const headers = invocationHeaders(invocation);
    headers["content-length"] = String(request.body.byteLength);
    headers.host = site.host;
    headers["x-amz-content-sha256"] = bodySha256;
    headers["x-amz-date"] = signer.amzDate;
    if (identity.sessionToken) headers["x-amz-security-token"] = identity.sessionToken;
    headers.authorization = signer.authorization({ method: "POST", canonicalPath: canonical, headers, bodySha256 });
    return transport.post({ path, headers, body: request.body, mayWrite: request.mayWrite }, (answer) => {
      if (answer.status < 200 || answer.status >= 300) return onError(request, answer, offset);
      watch(answer.headers);
      return success(answer);
    });
  };
  return {
    send(request, invocation) {
      const identity = identities.current();
      if (identity instanceof Promise) return identity.then((found) => post(found, request, invocation));
      return post(identity, request, invocation);
    },
    close: transport.close,
  };
}

function success({ status, headers, body }: WireAnswer): Reply {
  return {
    fate: "ok",
    status,
    body,
    type: text(headers["content-type"]),
    variant: text(headers["x-amzn-invoked-production-variant"]),
    errorClass: null,
    errorDetail: null,
    retryAfterMs: null,
  };
}

function text(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value.join(", ") : value) ?? null;
}

/** One signer a second and set of credentials. */
function createSigners(site: Site): (identity: Identity, atMs: number) => Signer {
  let second = Number.NaN;
  let owner: Identity | undefined;
  let signer: Signer;
  return (identity, atMs) => {
    const now = Math.floor(atMs / 1000);
    if (now !== second || identity !== owner) {
      second = now;
      owner = identity;
      signer = createSigner(identity, site, amzDate(atMs));
    }
    return signer;
  };
}

/** Endpoints of a run are as many as its models. */
function createPaths(basePath: string): (endpointName: string) => InvocationPath {
  const paths = new Map<string, InvocationPath>();
  return (endpointName) => {
    let path = paths.get(endpointName);
    if (!path) {
      path = invocationPath(basePath, endpointName);
      paths.set(endpointName, path);
    }
    return path;
  };
}

/** Follows the service's clock by the `date` of its answers, as the SDK does; an answer with an `age` comes from a cache. */
function createClockWatch(clock: Clock): (headers: WireAnswer["headers"]) => void {
  let latest: string | undefined;
  return ({ date, age }) => {
    if (typeof date !== "string" || date === latest || age !== undefined) return;
    latest = date;
    const serverTime = Date.parse(date);
    if (!Number.isNaN(serverTime)) clock.systemClockOffset = serverTime - Date.now();
  };
}
