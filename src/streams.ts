/** The three streams of a process, as arguments, so that tests read what a command wrote. */

/** Data goes to stdout, messages to stderr. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Output {
  /** Resolves when the text is taken, so that a slow reader holds the writer back. */
  write(text: string | Uint8Array): Promise<void>;
  readonly isTTY: boolean;
  readonly columns: number;
}
