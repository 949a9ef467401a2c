/** HTTP target. Content type and bytes go out as they were captured unless the target says otherwise, and nothing else of the record. */
import type { TargetSettings } from "../../src/config/schema.ts";
import { httpFate } from "./classify.ts";
import { expandHeaders, type HttpSettings, httpEndpoints } from "./endpoint.ts";
import { failure, type Reply, type Target } from "./target.ts";
import { openTransport, type WireAnswer } from "./transport.ts";

export function httpTarget(
  name: string,
  settings: TargetSettings & { readonly http: HttpSettings },
  env: Readonly<Record<string, string | undefined>>,
): Target {
  const { origin, of } = httpEndpoints(name, settings.http);
  const transport = openTransport(origin, settings);
  const headersOf = createHeaders(settings.http, expandHeaders(name, settings.http.headers, env));
  return {
    name,
    kind: "http",
    endpoint: of,
    send: ({ endpoint, body, contentType, accept, legacyStatus, mayWrite }) =>
      transport.post({ path: endpoint.address, headers: headersOf(contentType, accept), body, mayWrite }, (answer) =>
        replyOf(answer, legacyStatus),
      ),
    close: transport.close,
  };
}

/** Headers of a request; the object is kept while they stay the same, as they do for most of a run. */
function createHeaders(settings: HttpSettings, fixed: Readonly<Record<string, string>>) {
  let latest: Readonly<Record<string, string>> = {};
  return (captured: string, legacyAccept: string): Readonly<Record<string, string>> => {
    const contentType = settings.contentType ?? captured;
    const accept = settings.accept ?? legacyAccept;
    if (latest["content-type"] !== contentType || latest.accept !== accept) {
      latest = { accept, "content-type": contentType, ...fixed };
    }
    return latest;
  };
}

function replyOf({ status, headers, body }: WireAnswer, legacyStatus: number): Reply {
  const fate = httpFate(status, legacyStatus);
  const type = first(headers["content-type"]) ?? null;
  if (fate === "ok") {
    return { fate, status, body, type, variant: null, errorClass: null, errorDetail: null, retryAfterMs: null };
  }
  const judged = fate === "model_error" || fate === "model_fault";
  return failure(fate, `http_${status}`, judged ? `HTTP ${status}` : excerpt(body), {
    status,
    type,
    ...(judged ? { body } : {}),
    retryAfterMs: retryAfter(first(headers["retry-after"])),
  });
}

function excerpt(body: Uint8Array): string {
  return new TextDecoder().decode(body.subarray(0, 512));
}

/** Seconds, or a date that is not read: clocks differ. */
function retryAfter(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
