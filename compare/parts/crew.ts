/**
 * The threads of a comparison beside the one that runs it. They start before their work is known, since reading their
 * code takes as long as listing what there is to judge; once all is judged they read the inputs that triage looks at.
 */
import { Worker } from "node:worker_threads";
import type { LogFields } from "../../src/log.ts";
import { neighbour } from "../../src/neighbour.ts";
import type { LookJob, TakenLook } from "../triage/inputs/looks.ts";
import { fromPlain } from "./errors.ts";
import type { FromThread, ThreadData, ThreadShare, ToThread } from "./thread.ts";

export interface JudgeHandlers {
  /** Called with the place of a unit that is judged. */
  readonly onUnit: (unit: number) => void;
  /** Called in a thread's name. */
  readonly onWarning: (message: string, fields?: LogFields) => void;
  readonly signal: AbortSignal;
}

export interface Crew {
  readonly size: number;
  /** What each thread found of the units that it took; one that fails, or ends, rejects. */
  judge(data: ThreadData, handlers: JudgeHandlers): Promise<ThreadShare>[];
  /** The looks that each thread takes; none of a thread that has ended. After `judge`. */
  look(job: LookJob, signal: AbortSignal): Promise<readonly TakenLook[]>[];
  close(): Promise<void>;
}

export function startCrew(size: number): Crew {
  const members = Array.from({ length: size }, () => new Member());
  return {
    size,
    judge: (data, handlers) => members.map((member) => member.judge(data, handlers)),
    look: (job, signal) => members.map((member) => member.look(job, signal)),
    async close() {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}

interface Waiting {
  readonly take: (message: FromThread) => void;
  readonly reject: (error: Error) => void;
}

class Member {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #waiting: Waiting | undefined;
  /** Why nothing more is to be had of it. */
  #lost: Error | undefined;

  constructor() {
    this.#worker = new Worker(neighbour(import.meta.url, "start-thread"));
    const lose = (error: Error): void => {
      this.#lost ??= error;
      this.#waiting?.reject(this.#lost);
    };
    this.#worker.on("message", (message: FromThread) => this.#waiting?.take(message));
    this.#worker.on("error", lose);
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        lose(new Error(`a thread of compare has ended with code ${code}`));
        resolve();
      });
    });
  }

  async judge(data: ThreadData, { onUnit, onWarning, signal }: JudgeHandlers): Promise<ThreadShare> {
    const share = await this.#ask({ kind: "judge", data }, signal, (message, done: (share: ThreadShare) => void) => {
      if (message.kind === "unit") onUnit(message.unit);
      else if (message.kind === "warn") onWarning(message.message, message.fields);
      else if (message.kind === "share") done(message.share);
    });
    // Its heap is gone when its tally is unpacked.
    if (!share.stays) await this.#ended;
    return share;
  }

  async look(job: LookJob, signal: AbortSignal): Promise<readonly TakenLook[]> {
    if (this.#lost) return [];
    return this.#ask({ kind: "look", job }, signal, (message, done: (looks: readonly TakenLook[]) => void) => {
      if (message.kind === "looks") done(message.looks);
    });
  }

  async close(): Promise<void> {
    if (!this.#lost) this.#say({ kind: "end" });
    await this.#ended;
  }

  /** Sends a message, and takes what comes until it is answered, or the thread fails or ends. */
  async #ask<T>(
    message: ToThread,
    signal: AbortSignal,
    take: (message: FromThread, done: (answer: T) => void) => void,
  ): Promise<T> {
    const stop = (): void => this.#say({ kind: "stop" });
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await new Promise<T>((resolve, reject) => {
        if (this.#lost) return reject(this.#lost);
        this.#waiting = {
          reject,
          take: (received) => (received.kind === "error" ? reject(fromPlain(received.error)) : take(received, resolve)),
        };
        this.#say(message);
        if (signal.aborted) stop();
      });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#waiting = undefined;
    }
  }

  #say(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}
