/** Where a model's requests go, from the target's settings and the model's name. Pure. */

import { expandVariables } from "../../src/config/expand.ts";
import type { TargetSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { canonicalJson, sha256Hex } from "../../src/hash.ts";
import type { Endpoint, TargetKind } from "./target.ts";

export type HttpSettings = NonNullable<TargetSettings["http"]>;
export type SageMakerSettings = NonNullable<TargetSettings["sagemaker"]>;

const MODEL = "{model}";

/** Origin of an HTTP target, and its paths by model. `{model}` may stand in path and query, never in the host. */
export function httpEndpoints(name: string, settings: HttpSettings): { origin: string; of(model: string): Endpoint } {
  const origin = originOf(name, settings.url);
  const rest = settings.url.slice(settings.url.indexOf("://") + 3).replace(/^[^/?#]*/, "");
  const template = rest.replace(/#.*$/s, "");
  return {
    origin,
    of(model) {
      const encoded = model.split("/").map(encodeURIComponent).join("/");
      const path = template.replaceAll(MODEL, encoded);
      const address = path.startsWith("/") ? path : `/${path}`;
      return { key: `${origin}${address}`, address };
    },
  };
}

function originOf(name: string, url: string): string {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  const place = `targets.${name}.http.url`;
  if (authority?.includes(MODEL)) {
    throw new CutoverError("TARGET_UNUSABLE", "a model's name may not choose the host", {
      place,
      expected: "{model} in the path or query only",
      received: url,
    });
  }
  if (authority === undefined || !URL.canParse(url.replaceAll(MODEL, "m"))) {
    throw new CutoverError("TARGET_UNUSABLE", "the target's url is not an http or https address", {
      place,
      expected: "http://HOST:PORT/{model}/invocations",
      received: url,
    });
  }
  const parsed = new URL(url.replaceAll(MODEL, "m"));
  if (parsed.username !== "" || parsed.password !== "") {
    throw new CutoverError("TARGET_UNUSABLE", "credentials may not stand in the target's url", {
      place,
      hint: "put them into headers: their values may name environment variables",
    });
  }
  return parsed.origin;
}

/** `${NAME}` from the environment; a missing variable is an error, never an empty header. */
export function expandHeaders(
  name: string,
  headers: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [
      header.toLowerCase(),
      expandVariables(value, env, (variable) => {
        throw new CutoverError("TARGET_UNUSABLE", `the environment variable ${variable} is not set`, {
          place: `targets.${name}.http.headers.${header}`,
          hint: `export ${variable}=…`,
        });
      }),
    ]),
  );
}

/** Endpoint names take letters, digits and hyphens, at most 63. */
const ENDPOINT_NAME_MAX = 63;

/**
 * SageMaker endpoint of a model: characters of the model's name that an endpoint's name cannot hold become `-`
 * (`client-a/toxicity` → `client-a-toxicity`); `checkEndpoints` refuses two models that meet there.
 */
export function sagemakerEndpoint(name: string, settings: SageMakerSettings, model: string): Endpoint {
  const address = settings.endpoint.replaceAll(MODEL, model.replace(/[^A-Za-z0-9-]+/g, "-"));
  if (!/^[A-Za-z0-9](-*[A-Za-z0-9])*$/.test(address) || address.length > ENDPOINT_NAME_MAX) {
    throw new CutoverError("TARGET_UNUSABLE", `model ${model} does not give a valid endpoint name`, {
      place: `targets.${name}.sagemaker.endpoint`,
      expected: `letters, digits and single hyphens inside, at most ${ENDPOINT_NAME_MAX} characters`,
      received: address,
    });
  }
  const parts = [address, expand(settings.inferenceComponent, model), expand(settings.targetVariant, model)];
  return { key: parts.filter((part) => part !== undefined).join(" "), address };
}

/** `{model}` in an optional setting. */
export function expand(template: string | undefined, model: string): string | undefined {
  return template?.replaceAll(MODEL, model);
}

/** Endpoint of each model; refuses two models whose names differ only where an endpoint's name cannot. */
export function checkEndpoints(
  place: string,
  template: string,
  models: readonly string[],
  endpointOf: (model: string) => Endpoint,
): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  const taken = new Map<string, string>();
  for (const model of models) {
    const endpoint = endpointOf(model);
    const other = taken.get(endpoint.key);
    if (other !== undefined && template.includes(MODEL)) {
      throw new CutoverError("TARGET_UNUSABLE", `models ${other} and ${model} would share one endpoint`, {
        place,
        received: `both become ${endpoint.address}`,
        hint: "replay them with separate targets: --model and another endpoint template",
      });
    }
    taken.set(endpoint.key, model);
    endpoints.set(model, endpoint);
  }
  return endpoints;
}

/** What a target is, apart from how fast it is asked: a change of pace resumes the same run. */
export function targetIdentity(name: string, settings: TargetSettings): { name: string; kind: string; hash: string } {
  const { kind, identity } = identityOf(settings);
  return { name, kind, hash: sha256Hex(canonicalJson({ kind, settings: identity })) };
}

/** Of a program and a module what was written, not where the config file's folder happens to be. */
function identityOf({ http, sagemaker, command, module }: TargetSettings): { kind: TargetKind; identity: unknown } {
  if (http) return { kind: "http", identity: http };
  if (command) return { kind: "command", identity: { ...command, processes: undefined } };
  if (module) return { kind: "module", identity: module };
  // Who signs and sends is no part of what the target is.
  return { kind: "sagemaker", identity: { ...sagemaker, sdk: undefined } };
}
