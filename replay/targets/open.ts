/** The target that a command names, opened. */

import { nearest } from "../../src/config/nearest.ts";
import type { Config, TargetSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import type { HttpSettings, SageMakerSettings } from "./endpoint.ts";
import type { Target } from "./target.ts";

export type HttpTargetSettings = TargetSettings & { readonly http: HttpSettings };
export type SageMakerTargetSettings = TargetSettings & { readonly sagemaker: SageMakerSettings };

/** Settings of a target by name; USAGE with the nearest name and the list, or CONFIG when it is not exactly one kind. */
export function targetSettings(config: Config, name: string): HttpTargetSettings | SageMakerTargetSettings {
  const settings = config.targets[name];
  const names = Object.keys(config.targets);
  if (!settings) {
    const near = nearest(name, names);
    throw new CutoverError("USAGE", `there is no target ${name}`, {
      ...(names.length > 0 ? { expected: `one of ${names.join(", ")}` } : {}),
      received: name,
      hint: near === undefined ? "add it under targets: in cutover.yaml" : `did you mean --target ${near}?`,
    });
  }
  const { http, sagemaker } = settings;
  if (http && !sagemaker) return { ...settings, http };
  if (sagemaker && !http) return { ...settings, sagemaker };
  throw new CutoverError("CONFIG", `target ${name} is not of exactly one kind`, {
    place: `targets.${name}`,
    expected: "http or sagemaker",
    received: http && sagemaker ? "both" : "neither",
  });
}

/** The client library of the other kind is not loaded. */
export async function openTarget(
  name: string,
  settings: HttpTargetSettings | SageMakerTargetSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  if ("http" in settings && settings.http) {
    const { httpTarget } = await import("./http.ts");
    return httpTarget(name, { ...settings, http: settings.http }, env);
  }
  const { sagemakerTarget } = await import("./sagemaker.ts");
  return sagemakerTarget(name, settings as SageMakerTargetSettings);
}
