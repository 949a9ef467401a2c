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
  const finish = (tail: Uint8Array): Line => {
    if (carried === 0) return trimmed(tail, tail.length, maxBytes);
    const length = carried + tail.length;
    // What lies beyond the limit (and a carriage return) was never kept.
    const line = trimmed(Buffer.concat([...carry, tail.subarray(0, maxBytes + 1)]), length, maxBytes);
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
      if (carried <= maxBytes) carry.push(Uint8Array.from(rest.subarray(0, maxBytes + 1 - carried)));
      carried += rest.length;
    }
    yield lines;
  }
  if (carried > 0) yield [finish(new Uint8Array(0))];
}

function trimmed(kept: Uint8Array, length: number, maxBytes: number): Line {
  const whole = kept.length === length;
  const end = whole && kept[length - 1] === CR ? length - 1 : length;
  return { bytes: kept.subarray(0, Math.min(end, maxBytes)), length: end };
}
