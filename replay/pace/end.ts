/** How a call ends before all is sent: told to stop, at a cap, or by a fault of the store. */
import type { Caps, Ending } from "./caps.ts";

export interface End {
  /** Aborts when no try is to be made any more. */
  readonly signal: AbortSignal;
  /** The cap that was reached. */
  readonly ended: Ending | undefined;
  /** True once nothing new is to be sent. */
  reached(): boolean;
  /** Looks whether a cap is reached; to be called when one may be. */
  look(): void;
  stop(): void;
  /** Stops, and keeps the first error for `close`. */
  fail(error: unknown): void;
  /** Calls once for each: nothing new (`now` false), no further try (`now` true). */
  on(listener: (now: boolean) => void): void;
  /** Lets go of the caller's signal; throws what failed. */
  close(): void;
}

export function createEnd(stopped: AbortSignal, endings: readonly Pick<Caps, "ending">[]): End {
  const controller = new AbortController();
  const listeners: ((now: boolean) => void)[] = [];
  let ended: Ending | undefined;
  let fault: { readonly error: unknown } | undefined;
  const tell = (now: boolean): void => {
    for (const listener of listeners) listener(now);
  };
  const stop = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    tell(true);
  };
  if (stopped.aborted) stop();
  else stopped.addEventListener("abort", stop, { once: true });
  return {
    signal: controller.signal,
    get ended() {
      return ended;
    },
    reached: () => controller.signal.aborted || ended !== undefined,
    look() {
      for (const { ending } of ended ? [] : endings) {
        ended ??= ending();
        if (!ended) continue;
        if (ended.now) stop();
        else tell(false);
        return;
      }
    },
    stop,
    fail(error) {
      fault ??= { error };
      stop();
    },
    on(listener) {
      listeners.push(listener);
      if (controller.signal.aborted) listener(true);
    },
    close() {
      stopped.removeEventListener("abort", stop);
      if (fault) throw fault.error;
    },
  };
}
