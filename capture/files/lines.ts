/** Cuts a stream of bytes into lines, holding no more than one line of the size allowed. */

export interface Line {
  /** Without its line feed and one carriage return before it. Valid until the next line is taken. */
  readonly bytes: Uint8Array;
  /** Bytes before a line that is too long was cut. */
  readonly length: number;
}

const LF = 0x0a;
const CR = 0x0d;

/** A last line without a line feed counts; nothing after the last line feed does not. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line[]> {
  const carry: Uint8Array[] = [];
  let carried = 0;
  /** Last byte carried: what lies beyond the limit is not kept, but a carriage return there still ends the line. */
  let last: number | undefined;
  const finish = (tail: Uint8Array): Line => {
    if (carried === 0) return lineOf(tail, tail.length, tail.at(-1), maxBytes);
    const kept = Buffer.concat([...carry, tail.subarray(0, maxBytes)]);
    const line = lineOf(kept, carried + tail.length, tail.at(-1) ?? last, maxBytes);
    carry.length = 0;
    carried = 0;
    return line;
  };
  for await (const chunk of stream) {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      lines.push(finish(chunk.subarray(from, at)));
      from = at + 1;
    }
    if (from < chunk.length) {
      const rest = chunk.subarray(from);
      if (carried < maxBytes) carry.push(Uint8Array.from(rest.subarray(0, maxBytes - carried)));
      carried += rest.length;
      last = rest.at(-1);
    }
    yield lines;
  }
  if (carried > 0) yield [finish(new Uint8Array(0))];
}

/** The line whose first bytes were kept: the same wherever its chunks end. */
function lineOf(kept: Uint8Array, length: number, last: number | undefined, maxBytes: number): Line {
  const end = last === CR ? length - 1 : length;
  return { bytes: kept.subarray(0, Math.min(end, maxBytes)), length: end };
}
