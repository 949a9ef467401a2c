/** The thread that encodes: one job after the other, and all memory that came with a job goes back with its answer. */
import { parentPort } from "node:worker_threads";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { LIMITS } from "../../src/limits.ts";
import { Scratch } from "../../src/parquet/write.ts";
import { Block, type RowColumns } from "./columns.ts";
import { type CapturesToEncode, encodeCaptures, encodeRejects, type RejectsToEncode } from "./encode.ts";

/** Columns on their way to the thread: a Block is its memory. */
export type SentColumns = Omit<RowColumns, "block"> & { readonly block: ArrayBuffer };

export type Job =
  | { readonly kind: "captures"; readonly range: Omit<CapturesToEncode, "columns">; readonly columns: SentColumns }
  | { readonly kind: "rejects"; readonly range: RejectsToEncode };

export interface Answer {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Of captures. */
  readonly footer?: CaptureFooter;
  /** Memory of the columns: the block, the chunks of the payload, those of the text. */
  readonly lent?: { readonly block: ArrayBuffer; readonly chunks: readonly ArrayBuffer[] };
}

export type Reply = Answer | { readonly error: unknown };

const scratch = new Scratch(LIMITS.captureScratchBytes);

parentPort?.on("message", (job: Job) => {
  try {
    const answer = job.kind === "captures" ? captures(job) : rejects(job);
    const { block, chunks = [] } = answer.lent ?? {};
    parentPort?.postMessage(answer, [answer.body.buffer, ...(block ? [block] : []), ...chunks]);
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});

function captures({ range, columns }: Job & { kind: "captures" }): Answer {
  const { block, payload, text } = columns;
  const { body, footer } = encodeCaptures({ ...range, columns: { ...columns, block: new Block(block) } }, scratch);
  const chunks = [...payload.chunks, ...text.chunks].map(({ buffer }) => buffer as ArrayBuffer);
  // What lies in the scratch memory is overwritten by the next job.
  return { body: body.slice(), footer, lent: { block, chunks } };
}

function rejects({ range }: Job & { kind: "rejects" }): Answer {
  return { body: encodeRejects(range, scratch).slice() };
}
