/** SIGINT and SIGTERM as an AbortSignal. */
import { CutoverError, EXIT } from "../errors.ts";

/** The signals of a process, and its immediate end; tests bring their own. */
export interface SignalHooks {
  /** Calls `listener` at each such signal; returns how to stop listening. */
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): () => void;
  exitNow(code: number): void;
}

export const processSignals: SignalHooks = {
  on(signal, listener) {
    process.on(signal, listener);
    return () => process.off(signal, listener);
  },
  exitNow: (code) => process.exit(code),
};

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening: signals then act as if nothing had been here. */
  release(): void;
}

/** The first signal lets the command stop at a safe place; a second, of either kind, ends the process at once. */
export function listenForInterrupt(hooks: SignalHooks, tell: (message: string) => void): Interrupt {
  const controller = new AbortController();
  const stops = [
    hooks.on("SIGINT", () => {
      if (controller.signal.aborted) return hooks.exitNow(EXIT.interrupted);
      tell("interrupted: stopping at a safe place; once more stops at once");
      controller.abort(
        new CutoverError("INTERRUPTED", "interrupted", { hint: "the same command goes on where it stopped" }),
      );
    }),
    hooks.on("SIGTERM", () => {
      if (controller.signal.aborted) return hooks.exitNow(EXIT.terminated);
      controller.abort(
        new CutoverError("TERMINATED", "terminated", { hint: "the same command goes on where it stopped" }),
      );
    }),
  ];
  return {
    signal: controller.signal,
    release() {
      for (const stop of stops) stop();
    },
  };
}
