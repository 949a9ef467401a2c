/** What `doctor` holds the settings of capture against: the machine's memory, each other, and a free port. */
import { totalmem } from "node:os";
import type { CaptureSettings } from "../../src/config/schema.ts";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { HEALTH_PROGRAM, serveHealth } from "../../src/health.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Check } from "../../src/session.ts";
import { formatBytes } from "../render.ts";

export interface Machine {
  /** Bytes of memory, and how much of it this process may take when that is less. */
  readonly total: number;
  readonly allowed: number | undefined;
}

/** A container's limit counts before the machine's memory; without one some systems name a number beyond any memory. */
export function thisMachine(): Machine {
  const total = totalmem();
  const constrained = process.constrainedMemory();
  return { total, allowed: constrained > 0 && constrained < total ? constrained : undefined };
}

export function machineChecks(settings: CaptureSettings, machine: Machine): Check[] {
  const { health } = settings;
  return [
    { name: "capture.memory", run: async () => memoryText(settings, machine) },
    { name: "capture.rotate", run: async () => rotateText(settings) },
    ...(health ? [{ name: `health ${health.host}:${health.port}`, run: () => healthText(health) }] : []),
  ];
}

/** Share of the memory there is that capture may take: the system and the page cache need some too. */
const MEMORY_SHARE = 0.9;

function memoryText({ memory }: CaptureSettings, { total, allowed }: Machine): string {
  const limit = allowed ?? total;
  const what = allowed === undefined ? "this machine has" : "the limit of this container is";
  if (memory > limit * MEMORY_SHARE)
    throw new CutoverError("CONFIG", `capture may take ${formatBytes(memory)}`, {
      received: `${what} ${formatBytes(limit)}`,
      hint: `lower capture.memory to ${formatBytes(Math.floor(limit * MEMORY_SHARE))} or less, or give it more memory`,
    });
  return `${formatBytes(memory)}; ${what} ${formatBytes(limit)}`;
}

/** Rows of all partitions share the buffers: a range that cannot grow to `rotate.bytes` is closed early each time. */
function rotateText({ memory, rotate }: CaptureSettings): string {
  const rows = memory * LIMITS.captureBufferShare * LIMITS.captureRowShare;
  if (rotate.bytes > rows)
    throw new CutoverError("CONFIG", `objects of ${formatBytes(rotate.bytes)} are never reached`, {
      received: `rows may take ${formatBytes(rows)} of capture.memory ${formatBytes(memory)}, over all partitions`,
      hint: `lower capture.rotate.bytes, or raise capture.memory to ${formatBytes(Math.ceil((rotate.bytes / rows) * memory))}`,
    });
  const partitions = Math.floor(rows / rotate.bytes);
  return (
    `${formatBytes(rotate.bytes)}, ${rotate.records} records or ${rotate.interval / 1000} s; ` +
    `memory for ${partitions} ${partitions === 1 ? "range" : "ranges"} of that size at once, more partitions make smaller objects`
  );
}

async function healthText(health: { readonly host: string; readonly port: number }): Promise<string> {
  try {
    const endpoint = await serveHealth(health, {
      healthz: () => ({ reasons: ["doctor"] }),
      readyz: () => ({ reasons: ["doctor"] }),
    });
    await endpoint.close();
    return "free";
  } catch (error) {
    // A capture that runs here is no fault.
    if (isCutoverError(error) && (await isOurs(health))) return "a capture answers there";
    throw error;
  }
}

async function isOurs({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const address = host === "0.0.0.0" ? "127.0.0.1" : host.includes(":") ? `[${host === "::" ? "::1" : host}]` : host;
  try {
    const answer = await fetch(`http://${address}:${port}/healthz`, { signal: AbortSignal.timeout(HEALTH_ANSWER_MS) });
    const body = (await answer.json()) as { readonly program?: unknown };
    return body.program === HEALTH_PROGRAM;
  } catch {
    return false;
  }
}

const HEALTH_ANSWER_MS = 2_000;
