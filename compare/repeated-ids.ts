/**
 * Counts records that repeat an id of their model within one capture object. Pairing is by position, so a
 * repeat harms nothing here; it is reported because it harms whoever joins by id. Repeats in another object
 * are not seen: memory is bounded by the rows of one object.
 */
export class RepeatedIds {
  #low = new Uint32Array(0);
  #high = new Uint32Array(0);
  #mask = 0;

  /** Empties it for an object of `rows` rows. */
  reset(rows: number): void {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * rows)));
    if (this.#low.length < size) {
      this.#low = new Uint32Array(size);
      this.#high = new Uint32Array(size);
    } else {
      this.#low.fill(0);
      this.#high.fill(0);
    }
    this.#mask = this.#low.length - 1;
  }

  /** Whether (model, id) was seen before; by 64-bit hash. */
  add(model: number, id: string): boolean {
    let low = 0x811c9dc5 ^ model;
    let high = 0x9e3779b9 ^ Math.imul(model + 1, 0x85ebca6b);
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15);
    }
    low = (low ^ (low >>> 15)) >>> 0;
    /** Zero marks a free place. */
    high = high >>> 0 || 1;
    let at = low & this.#mask;
    while (this.#high[at] !== 0) {
      if (this.#high[at] === high && this.#low[at] === low) return true;
      at = (at + 1) & this.#mask;
    }
    this.#low[at] = low;
    this.#high[at] = high;
    return false;
  }
}
