/**
 * Counts records that repeat an id of their model within one capture object. Pairing is by position, so a
 * repeat harms nothing here; it is reported because it harms whoever joins by id. Repeats in another object
 * are not seen: memory is bounded by the rows of one object.
 */
export class RepeatedIds {
  /** Pairs of words, the two halves of a hash; a high half of zero marks a free place. */
  #table = new Uint32Array(0);
  #mask = 0;

  /** Empties it for an object of `rows` rows. */
  reset(rows: number): void {
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * rows)));
    if (this.#table.length < 2 * places) this.#table = new Uint32Array(2 * places);
    else this.#table.fill(0);
    this.#mask = this.#table.length / 2 - 1;
  }

  /** Whether (model, id) was seen before; by 64-bit hash of the id, the bytes [from, to). */
  add(model: number, bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    const table = this.#table;
    let low = 0x811c9dc5 ^ model;
    let high = 0x9e3779b9 ^ Math.imul(model + 1, 0x85ebca6b);
    for (let i = from; i < to; i++) {
      const unit = bytes[i] as number;
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15);
    }
    low = (low ^ (low >>> 15)) >>> 0;
    high = high >>> 0 || 1;
    let at = low & this.#mask;
    while (table[2 * at + 1] !== 0) {
      if (table[2 * at + 1] === high && table[2 * at] === low) return true;
      at = (at + 1) & this.#mask;
    }
    table[2 * at] = low;
    table[2 * at + 1] = high;
    return false;
  }
}
