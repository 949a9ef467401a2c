/** Which findings an export takes: all, those of some models, those of one group. */
import { isOfGroup } from "../../src/fingerprint.ts";
import type { ColumnValues } from "../../src/parquet/types.ts";
import type { DiffRecord } from "../../src/record.ts";
import { fingerprintParts } from "../fingerprint.ts";
import { groupNames } from "../group-key.ts";
import { fieldOfPath } from "../json/path.ts";
import type { Group } from "../summary.ts";

export type Columns = Readonly<Record<string, ColumnValues>>;

/** Null takes every row. */
export interface Choice {
  readonly model: ((name: string) => boolean) | null;
  readonly group: Group | null;
}

/** Of findings that come in the order of the captured rows. */
export class Chosen {
  /** Findings taken; and of them one a pair and finest fingerprint, which is what a group counts. */
  rows = 0;
  counted = 0;
  readonly #choice: Choice;
  /** The finest fingerprint of a finding → whether it belongs to the group. */
  readonly #known = new Map<string, boolean>();
  #pair = "";
  #seen = new Set<string>();

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  /** The rows that are taken, with all their columns. */
  of(columns: Columns): Columns {
    const { model: models = [], offset = [], partition = [], log = [], fingerprint = [] } = columns;
    const kept: number[] = [];
    for (let row = 0; row < models.length; row++) {
      if (!this.#takes(columns, row)) continue;
      kept.push(row);
      const pair = `${log[row]}/${partition[row]}/${offset[row]}`;
      if (pair !== this.#pair) this.#seen = new Set();
      this.#pair = pair;
      if (this.#seen.size < this.#seen.add(fingerprint[row] as string).size) this.counted++;
    }
    this.rows += kept.length;
    if (kept.length === models.length) return columns;
    return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, kept.map((row) => values[row])]));
  }

  #takes(columns: Columns, row: number): boolean {
    const { model, group } = this.#choice;
    const name = columns.model?.[row] as string;
    if (model !== null && !model(name)) return false;
    if (group === null) return true;
    if (name !== group.model) return false;
    const fingerprint = columns.fingerprint?.[row] as string;
    let known = this.#known.get(fingerprint);
    if (known === undefined) {
      known = belongs(columns, row, group);
      this.#known.set(fingerprint, known);
    }
    return known;
  }
}

/** Findings bear the finest fingerprint; the group of a model with very many may stand for several of them. */
function belongs(columns: Columns, row: number, group: Group): boolean {
  const cell = (name: keyof DiffRecord) => columns[name]?.[row];
  if (isOfGroup(cell("fingerprint") as string, group.fingerprint)) return true;
  const finding = {
    kind: cell("kind") as DiffRecord["kind"],
    legacy: cell("legacy") as string | null,
    candidate: cell("candidate") as string | null,
    delta: cell("delta") as number | null,
  };
  const key = { path: fieldOfPath(cell("path") as string), kind: finding.kind, rule: cell("rule") as string };
  return groupNames(group.model, { ...key, ...fingerprintParts(finding) }).includes(group.fingerprint);
}
