/** How long requests take at the limits of a target: whichever limit takes longest. Pure. */
import type { TargetSettings } from "../../src/config/schema.ts";

/** What is to be sent of one model. */
export interface Load {
  readonly model: string;
  readonly endpoint: string;
  readonly requests: number;
  readonly latencyMs: number;
}

export interface Bound {
  readonly limit: "concurrency" | "total concurrency" | "rate" | "total rate";
  /** Of a limit per endpoint: the one that takes longest. */
  readonly endpoint?: string;
}

export function longest(
  loads: readonly Load[],
  concurrency: Pick<TargetSettings["concurrency"], "perEndpoint" | "total">,
  rate: TargetSettings["rate"],
): { readonly seconds: number; readonly boundBy: Bound } {
  const endpoints = new Map<string, { requests: number; busyMs: number }>();
  let requests = 0;
  let busyMs = 0;
  for (const load of loads) {
    const ms = load.requests * load.latencyMs;
    const sum = endpoints.get(load.endpoint) ?? { requests: 0, busyMs: 0 };
    sum.requests += load.requests;
    sum.busyMs += ms;
    endpoints.set(load.endpoint, sum);
    requests += load.requests;
    busyMs += ms;
  }
  let found: { seconds: number; boundBy: Bound } = {
    seconds: busyMs / concurrency.total / 1000,
    boundBy: { limit: "total concurrency" },
  };
  const consider = (seconds: number, boundBy: Bound): void => {
    if (seconds > found.seconds) found = { seconds, boundBy };
  };
  if (rate.total !== undefined) consider(requests / rate.total, { limit: "total rate" });
  for (const [endpoint, sum] of endpoints) {
    consider(sum.busyMs / concurrency.perEndpoint / 1000, { limit: "concurrency", endpoint });
    if (rate.perEndpoint !== undefined) consider(sum.requests / rate.perEndpoint, { limit: "rate", endpoint });
  }
  return found;
}
