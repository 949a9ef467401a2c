/**
 * Counts records that repeat an id of their model within one capture object. Pairing is by position, so a
 * repeat harms nothing here; it is reported because it harms whoever joins by id. Repeats in another object
 * are not seen: memory is bounded by the rows of one object.
 */
export class RepeatedIds {
  /** Pairs of words, the two halves of a hash; a high half of zero marks a free place. */
  #table = new Uint32Array(0);
  #mask = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Empties it for an object of `rows` rows. */
  reset(rows: number): void {
    // At most two thirds full: a larger table is outside of the processor's cache.
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, 1.5 * rows)));
    if (this.#table.length < 2 * places) this.#table = new Uint32Array(2 * places);
    else this.#table.fill(0);
    this.#mask = this.#table.length / 2 - 1;
  }

  /** Whether (model, id) was seen before; by 64-bit hash of the id, the bytes [from, to). */
  add(model: number, bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    const table = this.#table;
    const view = this.#viewOf(bytes);
    let low = 0x811c9dc5 ^ model;
    let high = 0x9e3779b9 ^ Math.imul(model + 1, 0x85ebca6b);
    let place = from;
    for (; place + 4 <= to; place += 4) {
      const word = view.getInt32(place, true);
      low = mixed(low, word, 0xcc9e2d51);
      high = mixed(high, word, 0x85ebca6b);
    }
    for (; place < to; place++) {
      const byte = view.getUint8(place);
      low = mixed(low, byte, 0x1b873593);
      high = mixed(high, byte, 0xc2b2ae35);
    }
    // The length, so that an end of zeros is not lost.
    low = mixed(low, to - from, 0xcc9e2d51) >>> 0;
    high = mixed(high, to - from, 0x85ebca6b) >>> 0 || 1;
    let at = low & this.#mask;
    while (table[2 * at + 1] !== 0) {
      if (table[2 * at + 1] === high && table[2 * at] === low) return true;
      at = (at + 1) & this.#mask;
    }
    table[2 * at] = low;
    table[2 * at + 1] = high;
    return false;
  }

  /** The same view for all ids of a column. */
  #viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
    const view = this.#view;
    if (view.buffer === buffer && view.byteOffset === byteOffset && view.byteLength === byteLength) return view;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    return this.#view;
  }
}

/** A step of murmur3: every bit of the word reaches the low bits, by which a place is chosen. */
function mixed(hash: number, word: number, factor: number): number {
  const product = Math.imul(word, factor);
  const turned = Math.imul((product << 15) | (product >>> 17), 0x1b873593) ^ hash;
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}
