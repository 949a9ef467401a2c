/** Findings as they come, gathered into what each field's pairs need. Takes the place of the writer of diffs. */

import { LIMITS } from "../../src/limits.ts";
import { type DiffRecord, formatPosition } from "../../src/record.ts";
import type { DiffWriter } from "../diffs.ts";
import type { JsonNumber } from "../json/node.ts";
import { fieldOfPath } from "../json/path.ts";
import { distance } from "../rules/number.ts";
import { FieldNeeds, needOf, type PairNeed, STUCK } from "./needs.ts";

/** Rules under which a difference of numbers is one of size; labels, decisions and ranks are not mended by a tolerance. */
const BY_SIZE: ReadonlySet<string> = new Set(["default", "exact", "number", "list"]);

export class NeedsCollector implements DiffWriter {
  /** Model → field → needs. */
  readonly byModel = new Map<string, Map<string, FieldNeeds>>();
  readonly #pairsOf: (model: string) => number;
  #position = "";
  #model = "";
  #pair = new Map<string, PairNeed>();

  /** `pairsOf` gives at least the number of the model's pairs. */
  constructor(pairsOf: (model: string) => number) {
    this.#pairsOf = pairsOf;
  }

  /** Findings of one pair come one after the other. */
  async add(diff: DiffRecord): Promise<void> {
    if (!BY_SIZE.has(diff.rule)) return;
    const position = formatPosition(diff);
    if (position !== this.#position) this.#flush();
    this.#position = position;
    this.#model = diff.model;
    const field = fieldOfPath(diff.path);
    const need = needOfDiff(diff);
    const most = this.#pair.get(field) ?? { atol: 0, rtol: 0 };
    this.#pair.set(field, { atol: Math.max(most.atol, need.atol), rtol: Math.max(most.rtol, need.rtol) });
  }

  async finish(): Promise<string[]> {
    this.#flush();
    return [];
  }

  #flush(): void {
    const fields = this.byModel.get(this.#model) ?? new Map<string, FieldNeeds>();
    for (const [field, need] of this.#pair) {
      let needs = fields.get(field);
      if (needs === undefined) {
        if (fields.size >= LIMITS.fieldsPerModel) continue;
        needs = new FieldNeeds(this.#pairsOf(this.#model));
        fields.set(field, needs);
      }
      needs.add(need);
    }
    if (fields.size > 0) this.byModel.set(this.#model, fields);
    this.#pair = new Map();
  }
}

function needOfDiff({ kind, legacy, candidate }: DiffRecord): PairNeed {
  const [old, now] = [numberOf(legacy), numberOf(candidate)];
  if (kind !== "value" || old === null || now === null) return STUCK;
  return needOf(old.value, distance(old, now));
}

/** The finite number that a finding's text is; null for anything else. */
function numberOf(text: string | null): JsonNumber | null {
  if (text === null || !/^-?[0-9]/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? { kind: "number", start: 0, end: text.length, raw: text, value } : null;
}
