/** The services as plain processes on this machine. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Folders } from "./folders.ts";
import { installAll, installFolder } from "./install.ts";
import { kafka } from "./kafka.ts";
import { choosePorts, isFree } from "./ports.ts";
import { isAlive, launch, tail, terminate } from "./process.ts";
import { s3 } from "./s3.ts";
import { forgetInstance, readInstance, writeInstance } from "./state.ts";
import { statsd } from "./statsd.ts";
import { type Instance, type Place, type Ports, type Say, type Service, ServiceError } from "./types.ts";

export const SERVICES: readonly Service[] = [kafka, s3, statsd];

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 200;

/**
 * Starts what is not running and resolves with the ports once all answer. `known` are the ports of the set
 * that is up in part: a service that died comes back on its port and its data, so that the others' clients find it.
 */
export async function startNative(folders: Folders, known: Ports | undefined, say: Say): Promise<Ports> {
  await installAll(folders, SERVICES, say);
  const ports = known ?? (await choosePorts(process.env));
  const started: Instance[] = [];
  try {
    for (const service of SERVICES) {
      if ((await runningInstance(folders, service, ports)) !== undefined) continue;
      started.push(await startOne(folders, service, ports, say));
    }
    await Promise.all(started.map((instance) => untilReady(instance, say)));
    return ports;
  } catch (error) {
    // What came up in this call goes down with it; what ran before stays.
    for (const instance of started) await stopInstance(folders, instance);
    throw error;
  }
}

/** Ends every process of the set, in reverse order; resolves with the names of those that lived. */
export async function stopNative(folders: Folders): Promise<string[]> {
  const ended: string[] = [];
  for (const service of SERVICES.toReversed()) {
    const instance = await readInstance(folders, service.name);
    if (instance === undefined) continue;
    if (await isAlive(instance)) ended.push(service.name);
    await stopInstance(folders, instance);
  }
  return ended;
}

/** Resolves with whether the process of each service lives and answers. */
export async function inspectNative(folders: Folders, ports: Ports): Promise<Map<string, boolean>> {
  const answers = SERVICES.map(async (service) => {
    if ((await runningInstance(folders, service, ports)) === undefined) return [service.name, false] as const;
    return [service.name, await answersNow(service, ports)] as const;
  });
  return new Map(await Promise.all(answers));
}

async function runningInstance(folders: Folders, service: Service, ports: Ports): Promise<Instance | undefined> {
  const instance = await readInstance(folders, service.name);
  if (instance === undefined) return undefined;
  const samePorts = service.ports.every((name) => instance.ports[name] === ports[name]);
  if (samePorts && (await isAlive(instance))) return instance;
  // A stale pid file, or a process of a start that was killed before it could write the state.
  await stopInstance(folders, instance);
  return undefined;
}

async function startOne(folders: Folders, service: Service, ports: Ports, say: Say): Promise<Instance> {
  for (const name of service.ports) {
    if (await isFree(name, ports[name])) continue;
    throw new ServiceError(
      `port ${ports[name]} of ${service.name} was taken by another program; stop and start to get another one.`,
    );
  }
  const folder = join(folders.run, service.name);
  await mkdir(folder, { recursive: true });
  const place: Place = { install: installFolder(folders, service), folder, ports };
  await service.prepare(place);
  const log = join(folders.run, `${service.name}.log`);
  await rm(log, { force: true });
  const instance = { name: service.name, ...(await launch(service.command(place), folder, log)), log, ports };
  await writeInstance(folders, instance);
  say(`started ${service.name} ${service.version}, pid ${instance.pid}, log ${log}`);
  return instance;
}

async function untilReady(instance: Instance, say: Say): Promise<void> {
  const service = SERVICES.find(({ name }) => name === instance.name);
  if (service === undefined) return;
  const started = performance.now();
  for (;;) {
    const alive = await isAlive(instance);
    if (alive && (await answersNow(service, instance.ports))) break;
    const waited = performance.now() - started;
    if (alive && waited < READY_TIMEOUT_MS) {
      await sleep(READY_POLL_MS);
      continue;
    }
    const why = alive ? `did not answer in ${READY_TIMEOUT_MS / 1000} s` : "ended while starting";
    throw new ServiceError(`${service.name} ${why}; the end of its log, ${instance.log}:\n${await tail(instance.log)}`);
  }
  say(`${service.name} answers after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function answersNow(service: Service, ports: Ports): Promise<boolean> {
  return service.probe(ports).then(
    () => true,
    () => false,
  );
}

async function stopInstance(folders: Folders, instance: Instance): Promise<void> {
  await terminate(instance);
  await forgetInstance(folders, instance.name);
}
