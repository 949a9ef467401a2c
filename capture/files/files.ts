/**
 * Capture from files: NDJSON, one message a line, plain or packed with gzip or zstd (told by the first
 * bytes), `-` for stdin. A file is a log of one partition; its name holds the hash of its bytes, so the
 * same file is captured once and a changed one is another log. Files are therefore read twice, and stdin
 * is kept in a temporary file for the second reading.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { glob, mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { sanitiseLogName } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Message, PartitionSink, Source, SourceContext } from "../port.ts";
import { linesOf } from "./lines.ts";

const STDIN = "-";
const READ_BYTES = 256 * 1024;
/** A file ends when it ends: no position lies beyond what was hashed. */
const NO_END = 2n ** 63n - 1n;

export function filesSource(patterns: readonly string[], stdin: NodeJS.ReadableStream): Source {
  return async (context) => {
    const names = await expand(patterns);
    let unchanged = 0;
    try {
      for (const name of names) {
        const taken =
          name === STDIN ? await captureStdin(stdin, context) : await captureFile(name, basename(name), context);
        if (!taken) unchanged++;
      }
    } finally {
      await context.drain();
    }
    const files = names.length === 1 ? "1 file" : `${names.length} files`;
    return unchanged === 0 ? `read ${files}` : `read ${files}, ${unchanged} of them captured before`;
  };
}

/** The files that the patterns name, in order of name, each once; SOURCE_UNUSABLE for a pattern that names none. */
export async function expand(patterns: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const pattern of patterns) {
    const found: string[] = [];
    if (pattern === STDIN || !/[*?[\]{}]/.test(pattern)) found.push(pattern);
    else for await (const name of glob(pattern)) found.push(name);
    if (found.length === 0) throw unusable(pattern, "no file matches", undefined);
    for (const name of found.sort()) if (name === STDIN || (await isFile(name))) names.add(name);
  }
  return [...names];
}

async function isFile(name: string): Promise<boolean> {
  const info = await stat(name).catch((cause: unknown) => {
    throw unusable(name, messageOf(cause), cause);
  });
  if (!info.isFile()) throw unusable(name, "not a file", undefined);
  return true;
}

function unusable(place: string, received: string, cause: unknown): CutoverError {
  return new CutoverError("SOURCE_UNUSABLE", `cannot read ${place}`, {
    place: "capture.source.files",
    received,
    hint: "paths are taken from the folder the command runs in",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Stdin can be read once: it goes to a temporary file while it is hashed. */
async function captureStdin(stdin: NodeJS.ReadableStream, context: SourceContext): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "cutover-stdin-"));
  try {
    const path = join(folder, "stdin");
    await pipeline(stdin, createWriteStream(path), { signal: context.stop }).catch(rethrowStop(context, "stdin"));
    return await captureFile(path, "stdin", context);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads what the ledger does not hold yet. Returns whether there was any. */
async function captureFile(path: string, name: string, context: SourceContext): Promise<boolean> {
  const { sink: recorder, ledger, stop } = context;
  const before = await stat(path);
  const id = { log: `${sanitiseLogName(name)}@${(await hashOf(path, context)).slice(0, 8)}`, partition: 0 };
  const start = await ledger.resume(id, { low: 0n, high: NO_END });
  const sink = recorder.open(id, start, { durable: async () => {}, moved: () => {} });
  const timestamp = Math.floor(before.mtimeMs);
  // Another writer may move the partition while we read: then the file is read again from there.
  for (let done = false; !done; ) {
    const lines = await readOnce(path, timestamp, sink, context).catch(rethrowStop(context, path));
    stop.throwIfAborted();
    await recorder.flush();
    stop.throwIfAborted();
    done = lines !== undefined && sink.next >= lines;
  }
  const after = await stat(path);
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs)
    throw unusable(path, "it changed while it was read", undefined);
  return sink.next > start.next;
}

/** Offers every line from the sink's position on. Returns how many there are; undefined when the sink was moved back. */
async function readOnce(
  path: string,
  timestamp: number,
  sink: PartitionSink,
  { sink: recorder, stop }: SourceContext,
): Promise<bigint | undefined> {
  let line = 0n;
  for await (const lines of linesOf(await contentOf(path, stop), LIMITS.messageBytes)) {
    for (const { bytes, length } of lines) {
      const offset = line++;
      if (offset < sink.next) continue;
      if (offset > sink.next) return undefined;
      sink.accept(messageOfLine(offset, timestamp, bytes, length));
    }
    await recorder.room();
    stop.throwIfAborted();
  }
  return line;
}

function messageOfLine(offset: bigint, timestamp: number, value: Uint8Array, valueBytes: number): Message {
  return { offset, timestamp, key: null, value, valueBytes, headers: [] };
}

/** The file's bytes, unpacked when they are packed. */
async function contentOf(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const unpack = await unpackerOf(path);
  const raw = createReadStream(path, { highWaterMark: READ_BYTES, signal });
  if (!unpack) return raw;
  pipeline(raw, unpack).catch(() => {
    // The reader of `unpack` sees the same error.
  });
  return unpack;
}

async function unpackerOf(path: string) {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.subarray(0, bytesRead).toString("hex");
    if (magic.startsWith("1f8b")) return createGunzip({ chunkSize: READ_BYTES });
    return magic === "28b52ffd" ? createZstdDecompress({ chunkSize: READ_BYTES }) : undefined;
  } finally {
    await file.close();
  }
}

async function hashOf(path: string, context: SourceContext): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: READ_BYTES, signal: context.stop });
  await pipeline(stream, hash).catch(rethrowStop(context, path));
  return hash.digest("hex");
}

/** An abort ends with the reason of the stop, any other fault of reading with the file's name. */
function rethrowStop({ stop }: SourceContext, path: string): (error: unknown) => never {
  return (error) => {
    stop.throwIfAborted();
    if (error instanceof CutoverError) throw error;
    throw unusable(path, messageOf(error), error);
  };
}
