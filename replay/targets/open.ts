/** The target that a command names, opened. */
import path from "node:path";
import { nearest } from "../../src/config/nearest.ts";
import type { Config, TargetSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import type { HttpSettings, SageMakerSettings } from "./endpoint.ts";
import { TARGET_KINDS, type Target } from "./target.ts";

export type HttpTargetSettings = TargetSettings & { readonly http: HttpSettings };
export type SageMakerTargetSettings = TargetSettings & { readonly sagemaker: SageMakerSettings };
/** `folder` is what the relative paths of programs and modules start at. */
export type CommandTargetSettings = TargetSettings & {
  readonly command: NonNullable<TargetSettings["command"]>;
  readonly folder: string;
};
export type ModuleTargetSettings = TargetSettings & {
  readonly module: NonNullable<TargetSettings["module"]>;
  readonly folder: string;
};
export type OpenSettings = HttpTargetSettings | SageMakerTargetSettings | CommandTargetSettings | ModuleTargetSettings;

/** Settings of a target by name; USAGE with the nearest name and the list, or CONFIG when it is not exactly one kind. */
export function targetSettings(config: Config, name: string): OpenSettings {
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
  const kinds = TARGET_KINDS.filter((kind) => settings[kind] !== undefined);
  if (kinds.length !== 1) {
    throw new CutoverError("CONFIG", `target ${name} is not of exactly one kind`, {
      place: `targets.${name}`,
      expected: TARGET_KINDS.join(", "),
      received: kinds.length === 0 ? "none of them" : kinds.join(" and "),
    });
  }
  const folder = config.folder ?? process.cwd();
  const { http, sagemaker, command, module } = settings;
  if (http) return { ...settings, http };
  if (command) return { ...settings, command, folder, concurrency: concurrencyOf(command, settings.concurrency) };
  if (module) return { ...settings, module, folder };
  return { ...settings, sagemaker: sagemaker as SageMakerSettings };
}

/** A program takes one request at a time: what waits for one must wait before its time is measured. */
function concurrencyOf(
  { processes }: CommandTargetSettings["command"],
  concurrency: TargetSettings["concurrency"],
): TargetSettings["concurrency"] {
  const total = Math.min(concurrency.total, processes.total);
  return { ...concurrency, perEndpoint: Math.min(concurrency.perEndpoint, processes.perModel, total), total };
}

/** The client library of the other kinds is not loaded. */
export async function openTarget(
  name: string,
  settings: OpenSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  const { http, sagemaker, command, module } = settings;
  if (http) {
    const { httpTarget } = await import("./http.ts");
    return httpTarget(name, { ...settings, http }, env);
  }
  if (sagemaker) {
    const { sagemakerTarget } = await import("./sagemaker.ts");
    return sagemakerTarget(name, { ...settings, sagemaker });
  }
  const { folder } = settings as CommandTargetSettings | ModuleTargetSettings;
  if (command) {
    const { commandTarget } = await import("./command.ts");
    return commandTarget(name, { ...settings, command, folder }, env);
  }
  const { moduleTarget } = await import("./module.ts");
  return moduleTarget(name, { ...settings, module: module as ModuleTargetSettings["module"], folder });
}

/** A path of a target's settings as it stands on this machine. */
export function besideConfig({ folder }: { readonly folder: string }, target: string): string {
  return path.resolve(folder, target);
}
