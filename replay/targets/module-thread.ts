/** The thread of a module target: started for the first request, and again after it ended. */
import { Worker } from "node:worker_threads";
import { messageOf } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { FromWorker, ModuleRequest, ToWorker } from "./module-worker.ts";

export type Told =
  | Extract<FromWorker, { kind: "answer" | "no_answer" | "threw" | "unusable" }>
  | { readonly kind: "timeout" }
  | { readonly kind: "ended"; readonly detail: string };

export interface Thread {
  /** `cold`: the request had to wait until the module was loaded. */
  ask(request: ModuleRequest): Promise<{ readonly told: Told; readonly cold: boolean }>;
  /** Starts it; resolves with why the module cannot be used, if it cannot. */
  load(): Promise<Told | undefined>;
  close(): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, (told: Told) => void>;
  /** Told to give requests up, and not answered yet. */
  readonly aborting: Map<number, NodeJS.Timeout>;
  /** Undefined once the module is loaded; else why it cannot be. */
  readonly ready: Promise<Told | undefined>;
  readonly loaded: boolean;
  /** Why it is no more. */
  readonly lost: string | undefined;
  end(detail: string): Promise<void>;
}

/** `timeoutMs` is for one request; loading the module has its own limit. */
export function startThread(module: URL, timeoutMs: number): Thread {
  let running: Running | undefined;
  let asked = 0;
  const start = (): Running => {
    const started = launch(module, () => {
      if (running === started) running = undefined;
    });
    running = started;
    return started;
  };
  return {
    async ask(request) {
      const thread = running ?? start();
      const cold = !thread.loaded;
      const fault = await thread.ready;
      if (fault) return { told: fault, cold };
      if (thread.lost !== undefined) return { told: { kind: "ended", detail: thread.lost }, cold };
      const n = asked++;
      return { told: await exchange(thread, n, request, timeoutMs), cold };
    },
    load: () => (running ?? start()).ready,
    async close() {
      await running?.end("the replay has ended");
    },
  };
}

function exchange(thread: Running, n: number, request: ModuleRequest, timeoutMs: number): Promise<Told> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      settle({ kind: "timeout" });
      thread.worker.postMessage({ kind: "abort", n } satisfies ToWorker);
      // A thread that does not even hear this is stuck in a loop: all later requests would wait behind it.
      const stuck = (): void =>
        void thread.end(`the module does not let other requests run: ${LIMITS.moduleAbortMs} ms`);
      thread.aborting.set(n, setTimeout(stuck, LIMITS.moduleAbortMs));
    };
    const timer = setTimeout(giveUp, timeoutMs);
    const settle = (told: Told): void => {
      clearTimeout(timer);
      thread.waiting.delete(n);
      resolve(told);
    };
    thread.waiting.set(n, settle);
    thread.worker.postMessage({ kind: "ask", n, request } satisfies ToWorker);
  });
}

/** From the sources the thread runs its TypeScript, from the package its JavaScript. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./module-worker.ts" : "./module-worker.js", import.meta.url);

function launch(module: URL, onEnd: () => void): Running {
  // What a module prints must not get into the answer of the command: stdout is for data.
  const worker = new Worker(WORKER, { workerData: module.href, stdout: true });
  worker.stdout.pipe(process.stderr, { end: false });
  const waiting: Running["waiting"] = new Map();
  const aborting: Running["aborting"] = new Map();
  let loaded: (fault: Told | undefined) => void = () => {};
  const ready = new Promise<Told | undefined>((resolve) => {
    const late = { kind: "unusable", detail: `it was not loaded within ${LIMITS.moduleLoadMs} ms` } as const;
    const timer = setTimeout(() => resolve(late), LIMITS.moduleLoadMs);
    loaded = (fault) => {
      clearTimeout(timer);
      resolve(fault);
    };
  });
  let ended: string | undefined;
  let isLoaded = false;
  const lost = (detail: string): void => {
    ended ??= detail;
    onEnd();
    loaded({ kind: "unusable", detail });
    for (const settle of [...waiting.values()]) settle({ kind: "ended", detail });
    for (const timer of aborting.values()) clearTimeout(timer);
    aborting.clear();
  };
  worker.on("message", (message: FromWorker) => {
    if (message.kind === "ready") {
      isLoaded = true;
      loaded(undefined);
    } else if (message.kind === "unusable") loaded(message);
    else if (message.kind === "aborted") {
      clearTimeout(aborting.get(message.n));
      aborting.delete(message.n);
    } else waiting.get(message.n)?.(message);
  });
  worker.on("error", (error) => lost(`the module's thread ended: ${messageOf(error)}`));
  worker.on("exit", (code) => lost(`the module's thread ended with code ${code}`));
  return {
    worker,
    waiting,
    aborting,
    ready,
    get loaded() {
      return isLoaded;
    },
    get lost() {
      return ended;
    },
    async end(detail) {
      lost(detail);
      await worker.terminate();
    },
  };
}
