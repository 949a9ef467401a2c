/** Start, stop and look at the whole set, native or in Docker. */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { dockerAnswers, dockerLogs, startDocker, stopDocker } from "./docker.ts";
import { type Folders, folders } from "./folders.ts";
import { neededPrograms } from "./install.ts";
import { inspectNative, SERVICES, startNative, stopNative } from "./native.ts";
import { missing } from "./prerequisites.ts";
import { readState, withLock, writeState } from "./state.ts";
import { type Mode, type Ports, type Say, ServiceError, type State } from "./types.ts";

const DOCKER_READY_TIMEOUT_MS = 60_000;
const DOCKER_READY_POLL_MS = 500;

export interface Status {
  readonly state: State;
  /** Service → answers a request of its protocol now. */
  readonly services: ReadonlyMap<string, boolean>;
}

/** Brings up what is not up; resolves once every service answers. `already` tells that nothing was to be done. */
export async function start(say: Say): Promise<{ state: State; already: boolean }> {
  const where = folders();
  return withLock(where, say, async () => {
    const status = await statusIn(where);
    if (status !== undefined && isUp(status)) return { state: status.state, already: true };
    const mode = status?.state.mode ?? (await chooseMode(where));
    const known = status?.state.ports;
    const ports = mode === "docker" ? await upInDocker(known, say) : await startNative(where, known, say);
    const state: State = { mode, ports, startedAt: status?.state.startedAt ?? new Date().toISOString() };
    await writeState(where, state);
    return { state, already: false };
  });
}

/** Ends what start began, and removes its data; resolves with the names of the services that ran. */
export async function stop(say: Say): Promise<string[]> {
  const where = folders();
  return withLock(where, say, async () => {
    const state = await readState(where);
    const ended = await stopNative(where);
    if (state?.mode === "docker") {
      await stopDocker(state.ports);
      ended.push(...SERVICES.map(({ name }) => name));
    }
    await rm(where.run, { recursive: true, force: true });
    return ended;
  });
}

/** What is up; undefined when nothing was started. Takes no lock: a look must not wait for an installation. */
export function status(): Promise<Status | undefined> {
  return statusIn(folders());
}

export function isUp({ services }: Status): boolean {
  return [...services.values()].every(Boolean);
}

async function statusIn(where: Folders): Promise<Status | undefined> {
  const state = await readState(where);
  if (state === undefined) return undefined;
  const services = state.mode === "docker" ? await inspectDocker(state.ports) : await inspectNative(where, state.ports);
  return { state, services };
}

async function chooseMode(where: Folders): Promise<Mode> {
  const asked = process.env.CUTOVER_SERVICES ?? "";
  if (asked !== "" && asked !== "docker" && asked !== "native") {
    throw new ServiceError(`CUTOVER_SERVICES is "${asked}"; expected docker or native, or unset to let start choose.`);
  }
  if (asked === "docker") {
    if (await dockerAnswers()) return "docker";
    throw new ServiceError("CUTOVER_SERVICES=docker, but `docker info` or `docker compose version` fails.");
  }
  const lines = await missing(await neededPrograms(where, SERVICES));
  if (lines.length === 0) return "native";
  if (asked === "" && (await dockerAnswers())) return "docker";
  const instead = "\nor a running Docker engine with Compose.";
  throw new ServiceError(`the test services need what is not here:\n${lines.join("\n")}${instead}`);
}

async function upInDocker(known: Ports | undefined, say: Say): Promise<Ports> {
  const ports = await startDocker(known, say);
  const deadline = performance.now() + DOCKER_READY_TIMEOUT_MS;
  for (;;) {
    const silent = [...(await inspectDocker(ports))].filter(([, answers]) => !answers).map(([name]) => name);
    if (silent.length === 0) return ports;
    if (performance.now() > deadline) {
      const logs = await dockerLogs(ports);
      await stopDocker(ports);
      throw new ServiceError(`${silent.join(", ")} did not answer in ${DOCKER_READY_TIMEOUT_MS / 1000} s:\n${logs}`);
    }
    await sleep(DOCKER_READY_POLL_MS);
  }
}

async function inspectDocker(ports: Ports): Promise<Map<string, boolean>> {
  const answers = SERVICES.map(async ({ name, probe }) => {
    const answered = await probe(ports).then(
      () => true,
      () => false,
    );
    return [name, answered] as const;
  });
  return new Map(await Promise.all(answers));
}
