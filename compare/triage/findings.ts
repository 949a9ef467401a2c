/** What is made of the findings of a pair: each gets its group and waiver, is counted there, and goes to diffs. */
import { rankOf, type SelectionRow } from "../../src/lake/selection.ts";
import { cutChars, cutText, type DiffWriter } from "../diffs.ts";
import { groupKeyOf } from "../fingerprint.ts";
import { fingerprint, nameOf } from "../group-key.ts";
import type { Groups } from "../groups.ts";
import type { Finding, PairResult } from "../types.ts";
import { isWaived, type KeyedFinding, type Waives, waiverOf } from "../waive.ts";

/** A finding with the name of its group. */
export interface NamedFinding extends KeyedFinding {
  readonly fingerprint: string;
}

/** Fingerprints remembered, so that a frequent one is hashed once. */
const NAMES_KEPT = 4_096;

type Named = Omit<NamedFinding, "finding">;

/** One for the rows of one capture object. */
export class Findings {
  readonly #waives: Waives;
  readonly #groups: Groups;
  readonly #diffs: DiffWriter;
  readonly #names = new Map<string, Named>();

  constructor(waives: Waives, groups: Groups, diffs: DiffWriter) {
    this.#waives = waives;
    this.#groups = groups;
    this.#diffs = diffs;
  }

  /** The findings of a pair of the model, each with its group. */
  keyed(model: string, { findings }: PairResult): NamedFinding[] {
    return findings.map((finding) => ({ finding, ...this.#named(model, finding) }));
  }

  /** Counts a pair once in each of its groups, and writes every finding. */
  async add(row: SelectionRow, keyed: readonly NamedFinding[]): Promise<void> {
    const { id, model, log, partition, offset } = row;
    const rank = rankOf(row);
    const seen = new Set<string>();
    for (const one of keyed) {
      const { key, fingerprint } = one;
      const { path, rule, kind, legacy, candidate, delta } = one.finding;
      const waived = isWaived(one);
      if (!seen.has(fingerprint)) {
        seen.add(fingerprint);
        const sample = this.#groups.wants(model, key, rank)
          ? [
              {
                rank,
                id,
                path,
                legacy: cutChars(legacy),
                candidate: cutChars(candidate),
                delta,
                others: keyed.length - 1,
              },
            ]
          : [];
        this.#groups.add(model, key, 1, sample, waived ? 1 : 0);
      }
      await this.#diffs.add({
        id,
        model,
        path: path.toWellFormed(),
        rule,
        kind,
        legacy: cutText(legacy),
        candidate: cutText(candidate),
        delta,
        fingerprint,
        waived,
        log,
        partition,
        offset,
      });
    }
  }

  #named(model: string, finding: Finding): Named {
    const key = groupKeyOf(finding);
    const name = `${model.length} ${model} ${nameOf(key)}`;
    let known = this.#names.get(name);
    if (known === undefined) {
      known = { key, fingerprint: fingerprint(model, key), waiver: waiverOf(this.#waives, model, key) };
      if (this.#names.size >= NAMES_KEPT) this.#names.clear();
      this.#names.set(name, known);
    }
    return known;
  }
}
