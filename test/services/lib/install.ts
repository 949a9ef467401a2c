import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Folders } from "./folders.ts";
import type { Installable, Prerequisite, Say } from "./types.ts";

export function installFolder({ install }: Folders, service: Installable): string {
  return join(install, `${service.name}-${service.version}`);
}

/** Programs that these services still need here: those to run, and those to install what is not in the cache. */
export async function neededPrograms(folders: Folders, services: readonly Installable[]): Promise<Prerequisite[]> {
  const names: Prerequisite[] = [];
  for (const service of services) {
    names.push(...service.needs.run);
    if (!(await exists(installFolder(folders, service)))) names.push(...service.needs.install);
  }
  return [...new Set(names)];
}

/** Installs what the cache lacks, one after the other: two builds at once only share the cores. */
export async function installAll(folders: Folders, services: readonly Installable[], say: Say): Promise<void> {
  for (const service of services) {
    const folder = installFolder(folders, service);
    if (await exists(folder)) continue;
    say(`installing ${service.name} ${service.version}, once (${service.installSeconds} s) …`);
    const started = performance.now();
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await service.install(partial);
    await rename(partial, folder);
    say(`installed ${service.name} in ${((performance.now() - started) / 1000).toFixed(1)} s: ${folder}`);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
