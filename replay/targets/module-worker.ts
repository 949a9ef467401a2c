/**
 * The thread that a module target runs in, so that a module that blocks, exits or prints cannot harm the replay.
 * Its data is the module's URL.
 */
import { parentPort, workerData } from "node:worker_threads";

/** What the module's function is given. */
export interface ModuleRequest {
  readonly id: string;
  readonly model: string;
  readonly contentType: string;
  readonly accept: string;
  /** The body's bytes. */
  readonly input: Uint8Array;
}

export type ToWorker =
  | { readonly kind: "ask"; readonly n: number; readonly request: ModuleRequest }
  | { readonly kind: "abort"; readonly n: number };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "unusable"; readonly detail: string }
  | {
      readonly kind: "answer";
      readonly n: number;
      readonly status: unknown;
      readonly type: unknown;
      readonly body: Uint8Array;
    }
  | { readonly kind: "no_answer"; readonly n: number; readonly received: string }
  | { readonly kind: "threw"; readonly n: number; readonly name: string; readonly message: string }
  | { readonly kind: "aborted"; readonly n: number };

type Answering = (request: ModuleRequest & { readonly signal: AbortSignal }) => unknown;

const port = parentPort;
if (!port) throw new Error("this file is the thread of a module target");
const say = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const atWork = new Map<number, AbortController>();

try {
  const { default: answering } = (await import(workerData as string)) as { default?: unknown };
  if (typeof answering !== "function") {
    say({
      kind: "unusable",
      detail: `its default export is ${answering === undefined ? "missing" : typeof answering}`,
    });
  } else {
    port.on("message", (message: ToWorker) => {
      if (message.kind === "ask") void answer(answering as Answering, message.n, message.request);
      else {
        atWork.get(message.n)?.abort();
        say({ kind: "aborted", n: message.n });
      }
    });
    say({ kind: "ready" });
  }
} catch (error) {
  say({ kind: "unusable", detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

async function answer(answering: Answering, n: number, request: ModuleRequest): Promise<void> {
  const controller = new AbortController();
  atWork.set(n, controller);
  try {
    tell(n, await answering({ ...request, signal: controller.signal }));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    say({ kind: "threw", n, name, message });
  } finally {
    atWork.delete(n);
  }
}

/** Bytes and text only: an object would have to be printed here, and how it reads would be our doing, not the model's. */
function tell(n: number, told: unknown): void {
  const parts = (typeof told === "object" && told !== null ? told : {}) as Record<string, unknown>;
  const bare = bytesOf(told);
  const body = bare ?? bytesOf(parts.output);
  const { status, contentType: type } = bare ? {} : parts;
  if (body) say({ kind: "answer", n, status, type, body }, [body.buffer]);
  else say({ kind: "no_answer", n, received: describe(told) });
}

/** A copy of its own, so that nothing of the module's memory goes along. */
function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value === "string") return new TextEncoder().encode(value);
  return value instanceof Uint8Array ? Uint8Array.from(value) : undefined;
}

function describe(told: unknown): string {
  if (typeof told !== "object" || told === null) return told === null ? "null" : typeof told;
  return `an object with ${Object.keys(told).slice(0, 5).join(", ") || "no member"}`;
}
