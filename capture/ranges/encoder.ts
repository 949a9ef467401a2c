/**
 * Ranges become objects on a thread of their own, so that reading and heartbeats go on meanwhile. The memory of the rows
 * moves there and back; nothing of it is copied.
 */
import { Worker } from "node:worker_threads";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { LIMITS } from "../../src/limits.ts";
import { neighbour } from "../../src/neighbour.ts";
import { Scratch } from "../../src/parquet/write.ts";
import { encodeCaptures, encodeRejects } from "./encode.ts";
import type { Answer, Job, Reply } from "./encode-thread.ts";
import type { Range, UnhashedFooter } from "./range.ts";

export interface Encoder {
  /** The body is the caller's until it gives it back (`giveBack`); the rows of the range are as they were before. */
  captures(range: Range, footer: UnhashedFooter): Promise<{ body: Uint8Array; footer: CaptureFooter }>;
  rejects(range: Range): Promise<Uint8Array>;
}

export function createEncoder(): Encoder {
  return {
    async captures(range, footer) {
      const { columns } = range.rows;
      const { id, first } = range;
      if (!columns || range.rows.heldBytes <= LIMITS.captureEncodeInlineBytes)
        return encodeCaptures({ id, first, footer, columns }, new Scratch(FIRST_BYTES));
      const { count, words, block, payload, text } = columns;
      const sent = { count, words, block: block.buffer, payload: stored(payload), text: stored(text) };
      const chunks = [...payload.chunks, ...text.chunks].map(({ buffer }) => buffer as ArrayBuffer);
      const answer = await thread().run({ kind: "captures", range: { id, first, footer }, columns: sent }, [
        block.buffer,
        ...chunks,
      ]);
      if (answer.lent) range.rows.returned(answer.lent);
      return { body: answer.body, footer: answer.footer as CaptureFooter };
    },
    async rejects({ id, first, next, rejects, bytes }) {
      const job = { id, first, last: next - 1n, rejects };
      if (bytes <= LIMITS.captureEncodeInlineBytes) return encodeRejects(job, new Scratch(FIRST_BYTES));
      return (await thread().run({ kind: "rejects", range: job }, [])).body;
    },
  };
}

const FIRST_BYTES = 1024;

/** Without what a class adds: an Arena cannot travel. */
function stored({ chunks, used }: { chunks: readonly Uint8Array[]; used: readonly number[] }) {
  return { chunks: [...chunks], used: [...used] };
}

/** One for the process, started with the first range that is worth it. */
let running: EncodeThread | undefined;

function thread(): EncodeThread {
  running ??= new EncodeThread(() => {
    running = undefined;
  });
  return running;
}

class EncodeThread {
  readonly #worker: Worker;
  /** In the order of the jobs, in which they are answered. */
  readonly #waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];

  constructor(onEnd: () => void) {
    this.#worker = new Worker(neighbour(import.meta.url, "encode-thread"));
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => this.#answered(reply));
    const ended = (error: unknown): void => {
      onEnd();
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    this.#worker.on("error", ended);
    this.#worker.on("exit", (code) => ended(new Error(`the thread that encodes has ended with code ${code}`)));
  }

  run(job: Job, memory: readonly ArrayBuffer[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // While it works it holds the process open, and only then.
      this.#worker.ref();
      this.#worker.postMessage(job, [...memory]);
    });
  }

  #answered(reply: Reply): void {
    const job = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if ("error" in reply) job?.reject(reply.error);
    else job?.resolve(reply);
  }
}
