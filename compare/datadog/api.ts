/** Datadog's HTTP API, as far as monitors and a dashboard need it. */
import { CutoverError, messageOf } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface DatadogApi {
  /** The body of the answer; USAGE with what Datadog says when it says no. */
  call(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<unknown>;
}

export interface ApiParts {
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keys and site are where Datadog's own tools have them: DD_API_KEY, DD_APP_KEY, DD_SITE; DD_HOST is a whole address. */
export function datadogApi(env: Env, { signal, sleep }: ApiParts): DatadogApi {
  const { DD_API_KEY: apiKey, DD_APP_KEY: appKey, DD_SITE: site = "datadoghq.com", DD_HOST: host } = env;
  if (!apiKey || !appKey) {
    throw new CutoverError("USAGE", "Datadog's API needs two keys", {
      place: "--apply",
      expected: "DD_API_KEY and DD_APP_KEY in the environment, DD_SITE where it is not datadoghq.com",
      received: [apiKey ? "" : "no DD_API_KEY", appKey ? "" : "no DD_APP_KEY"].filter(Boolean).join(", "),
      hint: "or leave --apply out: --json prints the documents, --out DIR writes them",
    });
  }
  const base = (host ?? `https://api.${site}`).replace(/\/+$/, "");
  const headers = { "DD-API-KEY": apiKey, "DD-APPLICATION-KEY": appKey, "Content-Type": "application/json" };
  const once = async (method: string, path: string, body: unknown): Promise<Response> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.datadogCallMs)]);
    const init = { method, headers, signal: limit, redirect: "error" as const };
    try {
      return await fetch(base + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    } catch (cause) {
      signal.throwIfAborted();
      const hint = "see that DD_SITE (or DD_HOST) is right and that this machine reaches it";
      throw new CutoverError("USAGE", "Datadog cannot be reached", {
        place: base,
        received: messageOf(cause),
        hint,
        cause,
      });
    }
  };
  return {
    async call(method, path, body) {
      for (let tries = 1; ; tries++) {
        const response = await once(method, path, body);
        if (response.ok) return response.json();
        const passing = response.status === 429 || response.status >= 500;
        if (!passing || tries >= LIMITS.datadogTries) throw await refusal(response, `${method} ${base}${path}`);
        const seconds = Number(response.headers.get("x-ratelimit-reset")) || 2 ** (tries - 1);
        await response.body?.cancel();
        await sleep(Math.min(seconds * 1_000, LIMITS.datadogWaitMs), signal);
      }
    },
  };
}

async function refusal(response: Response, place: string): Promise<CutoverError> {
  const said = (await response.text()).slice(0, LIMITS.errorDetailBytes);
  const keys = response.status === 401 || response.status === 403;
  return new CutoverError("USAGE", keys ? "Datadog refuses the keys" : "Datadog refuses the document", {
    place,
    received: `${response.status} ${said}`,
    hint: keys
      ? "see that DD_API_KEY and DD_APP_KEY are of the site DD_SITE, and that the application key may write monitors and dashboards"
      : "nothing after it was written; the same command goes on from there",
  });
}
