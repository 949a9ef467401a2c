/** Endpoints that answer the same to the same, slowly now and then, and see how much is asked of them at once. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dice } from "../lib/dice.ts";

export interface Endpoints {
  readonly url: string;
  /** Requests received, whether or not anybody read the answer. */
  readonly received: number;
  /** Most requests at work at one moment: of all endpoints, and of the one that had most. */
  readonly peak: number;
  readonly peakOfOne: number;
  /** Requests that came to an endpoint while one of another worker was at work there: who had which. */
  readonly met: readonly string[];
  /** Most requests of all endpoints, and of one, that came within WINDOW_MS. */
  readonly inWindow: number;
  readonly inWindowOfOne: number;
  close(): Promise<void>;
}

/** Most answers come at once; one in a hundred takes long, and so outlives a sender that is killed or stopped. */
const USUAL_MS = [20, 60] as const;
const SLOW_MS = [1_000, 1_800] as const;
const SLOW_SHARE = 0.01;
/** Long enough that a moment in which this process gets no processor does not look like a burst. */
export const WINDOW_MS = 5_000;

export function answerTo(path: string, body: Uint8Array): string {
  return JSON.stringify({ sha: createHash("sha256").update(path).update(body).digest("hex") });
}

export async function serveEndpoints(seed: number): Promise<Endpoints> {
  const random = dice(seed);
  const atWork = createGauge();
  const rates = createWindows();
  const owners = createOwners();
  let received = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    received++;
    atWork.enter(path);
    rates.note(path, performance.now());
    const leave = owners.enter(path, String(request.headers["x-worker"]));
    response.once("close", () => {
      atWork.leave(path);
      leave();
    });
    request.on("error", () => {});
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [least, most] = random.chance(SLOW_SHARE) ? SLOW_MS : USUAL_MS;
      const text = answerTo(path, Buffer.concat(chunks));
      setTimeout(
        () => {
          if (!response.destroyed) response.writeHead(200, { "content-type": "application/json" }).end(text);
        },
        random.int(least, most),
      );
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    get peak() {
      return atWork.peak;
    },
    get peakOfOne() {
      return atWork.peakOfOne;
    },
    met: owners.met,
    get inWindow() {
      return rates.most;
    },
    get inWindowOfOne() {
      return rates.mostOfOne;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function createGauge() {
  const byPath = new Map<string, number>();
  const gauge = { total: 0, peak: 0, peakOfOne: 0 };
  const add = (path: string, by: number): number => {
    const now = (byPath.get(path) ?? 0) + by;
    byPath.set(path, now);
    gauge.total += by;
    return now;
  };
  return {
    get peak() {
      return gauge.peak;
    },
    get peakOfOne() {
      return gauge.peakOfOne;
    },
    enter(path: string) {
      const here = add(path, 1);
      gauge.peak = Math.max(gauge.peak, gauge.total);
      gauge.peakOfOne = Math.max(gauge.peakOfOne, here);
    },
    leave: (path: string) => void add(path, -1),
  };
}

/** Which workers have requests at work at each endpoint. */
function createOwners() {
  const byPath = new Map<string, Map<symbol, { worker: string; since: number }>>();
  const met: string[] = [];
  return {
    met,
    enter(path: string, worker: string): () => void {
      const here = byPath.get(path) ?? new Map<symbol, { worker: string; since: number }>();
      byPath.set(path, here);
      const now = performance.now();
      for (const other of here.values()) {
        if (other.worker !== worker)
          met.push(`${path}: ${worker} while ${other.worker} is at work for ${Math.round(now - other.since)} ms`);
      }
      const key = Symbol();
      here.set(key, { worker, since: now });
      return () => void here.delete(key);
    },
  };
}

/** Times of the last window, of all endpoints and of each. */
function createWindows() {
  const all: number[] = [];
  const byPath = new Map<string, number[]>();
  const windows = { most: 0, mostOfOne: 0 };
  const push = (times: number[], now: number): number => {
    times.push(now);
    while ((times[0] as number) <= now - WINDOW_MS) times.shift();
    return times.length;
  };
  return {
    get most() {
      return windows.most;
    },
    get mostOfOne() {
      return windows.mostOfOne;
    },
    note(path: string, now: number) {
      const own = byPath.get(path) ?? [];
      byPath.set(path, own);
      windows.most = Math.max(windows.most, push(all, now));
      windows.mostOfOne = Math.max(windows.mostOfOne, push(own, now));
    },
  };
}
