/** The process's own streams as Outputs. */
import { CutoverError } from "../errors.ts";
import type { Output, Streams } from "../streams.ts";

const DEFAULT_COLUMNS = 80;

export function processStreams(): Streams {
  return { stdin: process.stdin, stdout: nodeOutput(process.stdout), stderr: nodeOutput(process.stderr) };
}

/**
 * Once the reader is gone (`cutover … | head`) the text goes nowhere, quietly: a gate whose output nobody
 * reads must still exit by its verdict.
 */
export function nodeOutput(stream: NodeJS.WriteStream | NodeJS.WritableStream): Output {
  let readerGone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Every other error reaches the writer through the callback of its write.
    if (isBrokenPipe(error)) readerGone = true;
  });
  return {
    isTTY: "isTTY" in stream && stream.isTTY === true,
    get columns() {
      return ("columns" in stream && stream.columns) || DEFAULT_COLUMNS;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (readerGone) return resolve();
        stream.write(text, (error?: Error | null) => {
          if (!error) return resolve();
          if (!isBrokenPipe(error)) return reject(outputError(error));
          readerGone = true;
          resolve();
        });
      }),
  };
}

function isBrokenPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}

function outputError(cause: NodeJS.ErrnoException): CutoverError {
  const code = cause.code === "ENOSPC" ? "STORE_FULL" : "STORE_UNUSABLE";
  return new CutoverError(code, "the output cannot be written", { cause, hint: "check where stdout and stderr go" });
}
