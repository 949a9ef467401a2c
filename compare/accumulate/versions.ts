/** Pairs by the legacy model's version: shown apart where it changed inside the window. */

export interface VersionTally {
  n: number;
  k: number;
}

/** As JSON, in order of text. */
export interface StoredVersions {
  readonly versions: readonly (readonly [name: string, n: number, k: number])[];
  readonly other: VersionTally;
}

/** Versions kept of one model; stands for the others, and cannot be one of them by chance: it is no text. */
const VERSIONS_KEPT = 32;
export const OTHER_VERSIONS = null;

/**
 * Keeps the first names in order of text, and counts the rest as one. A name that stays at the end was among the first
 * at every earlier moment, so its counts are whole, and the order of work does not matter.
 */
export class Versions {
  readonly #byName = new Map<string, VersionTally>();
  readonly #limit: number;
  readonly #other: VersionTally = { n: 0, k: 0 };
  #last: { readonly name: string; readonly tally: VersionTally } | undefined;

  constructor(limit = VERSIONS_KEPT) {
    this.#limit = limit;
  }

  /** Counts a compared pair; "" where legacy named no version. */
  add(name: string, mismatch: boolean): void {
    // Neighbours nearly always have the same version.
    if (this.#last?.name !== name) this.#last = { name, tally: this.#tally(name) };
    this.#last.tally.n++;
    if (mismatch) this.#last.tally.k++;
  }

  merge(other: Versions): void {
    for (const [name, { n, k }] of other.#byName) addTo(this.#tally(name), n, k);
    addTo(this.#other, other.#other.n, other.#other.k);
  }

  /** In order of text, the rest last; a single entry where nothing changed. */
  entries(): [name: string | typeof OTHER_VERSIONS, tally: VersionTally][] {
    const kept = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1));
    return this.#other.n === 0 ? kept : [...kept, [OTHER_VERSIONS, this.#other]];
  }

  toStored(): StoredVersions {
    const kept = [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1));
    return { versions: kept.map(([name, { n, k }]) => [name, n, k]), other: { ...this.#other } };
  }

  static fromStored({ versions, other }: StoredVersions, limit?: number): Versions {
    const read = new Versions(limit);
    for (const [name, n, k] of versions) read.#byName.set(name, { n, k });
    addTo(read.#other, other.n, other.k);
    return read;
  }

  #tally(name: string): VersionTally {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const added: VersionTally = { n: 0, k: 0 };
    this.#byName.set(name, added);
    if (this.#byName.size <= this.#limit) return added;
    const greatest = [...this.#byName.keys()].sort().at(-1) ?? name;
    const evicted = this.#byName.get(greatest) ?? added;
    this.#byName.delete(greatest);
    this.#last = undefined;
    if (greatest === name) return this.#other;
    addTo(this.#other, evicted.n, evicted.k);
    return added;
  }
}

function addTo(tally: VersionTally, n: number, k: number): void {
  tally.n += n;
  tally.k += k;
}
