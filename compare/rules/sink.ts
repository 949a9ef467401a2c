/** What one pair's walk has found so far, where it stands, and the bounds of both. */
import { LIMITS } from "../../src/limits.ts";
import type { DiffKind } from "../../src/record.ts";
import { Interner } from "../json/intern.ts";
import { type JsonDocument, type JsonNode, textOf } from "../json/node.ts";
import { formatField, formatPath } from "../json/path.ts";
import type { Finding, PairOutcome, PairResult, Warning } from "../types.ts";
import { type Cover, DEFAULT_COVER, type JudgedPlace } from "./rule.ts";

export interface Mark {
  readonly total: number;
  readonly gating: number;
  readonly kept: number;
  readonly ignored: number;
  readonly warnings: ReadonlySet<Warning>;
}

/** Mutable, one per pair. */
export class Sink implements JudgedPlace {
  /** Names and indexes walked from `$`. */
  readonly keys: (string | number)[] = [];
  readonly interner = new Interner();
  /** Findings seen, also those above the bound; how many of them gate. */
  total = 0;
  gating = 0;
  readonly #legacy: JsonDocument;
  readonly #candidate: JsonDocument;
  readonly #findings: Finding[] = [];
  readonly #ignored: { readonly field: string; readonly kind: DiffKind }[] = [];
  readonly #uncovered = new Set<string>();
  readonly #used = new Set<number>();
  #warnings = new Set<Warning>();

  constructor(legacy: JsonDocument, candidate: JsonDocument) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    for (const document of [legacy, candidate]) {
      if (document.duplicates > 0) this.warn("duplicate_member");
      if (document.byteOrderMark) this.warn("byte_order_mark");
      if (document.bareNumbers > 0) this.warn("bare_nan");
    }
  }

  /** Bound to the sink, so that judges can take it as a function. */
  readonly warn = (warning: Warning): void => {
    this.#warnings.add(warning);
  };

  path(): string {
    return formatPath(this.keys);
  }

  legacyText(node: JsonNode): string {
    return textOf(this.#legacy, node);
  }

  candidateText(node: JsonNode): string {
    return textOf(this.#candidate, node);
  }

  use(index: number): void {
    this.#used.add(index);
  }

  find(cover: Cover, kind: DiffKind, legacy: JsonNode | null, candidate: JsonNode | null): void {
    this.total++;
    if (cover.gates) this.gating++;
    if (this.#findings.length >= LIMITS.findingsPerPair) {
      // One critical finding fails the gate, so the bound may not swallow it.
      if (!cover.critical) return;
      this.#findings.pop();
    }
    this.#findings.push({
      path: this.path(),
      field: formatField(this.keys),
      rule: cover.rule,
      kind,
      legacy: legacy && this.legacyText(legacy),
      candidate: candidate && this.candidateText(candidate),
      delta: deltaOf(legacy, candidate),
      gates: cover.gates,
      critical: cover.critical,
    });
  }

  ignore(kind: DiffKind): void {
    const field = formatField(this.keys);
    if (this.#ignored.length >= LIMITS.findingsPerPair) return;
    if (!this.#ignored.some((one) => one.field === field && one.kind === kind)) this.#ignored.push({ field, kind });
  }

  uncover(): void {
    if (this.#uncovered.size < LIMITS.fieldsPerModel) this.#uncovered.add(formatField(this.keys));
  }

  mark(): Mark {
    return {
      total: this.total,
      gating: this.gating,
      kept: this.#findings.length,
      ignored: this.#ignored.length,
      warnings: new Set(this.#warnings),
    };
  }

  /** Forgets findings, ignored differences and warnings since `mark`. */
  rollback(mark: Mark): void {
    this.total = mark.total;
    this.gating = mark.gating;
    this.#findings.length = mark.kept;
    this.#ignored.length = mark.ignored;
    this.#warnings = new Set(mark.warnings);
  }

  /** Byte-equal as written. */
  sameText(legacy: JsonNode, candidate: JsonNode): boolean {
    if (legacy.end - legacy.start !== candidate.end - candidate.start) return false;
    // Literals stand in their nodes already: most values are numbers, and need no text of their own.
    if (legacy.kind === "number" && candidate.kind === "number") return legacy.raw === candidate.raw;
    return this.legacyText(legacy) === this.candidateText(candidate);
  }

  /** The heaviest cover among the findings since `mark`: what a finding in their place inherits. */
  heaviest(mark: Mark): Cover {
    let best: Cover | null = null;
    for (let i = mark.kept; i < this.#findings.length; i++) best = heavier(best, this.#findings[i] ?? null);
    return best ?? { ...DEFAULT_COVER, gates: this.gating > mark.gating };
  }

  result(): PairResult {
    if (this.total > this.#findings.length) this.warn("findings_cut");
    const outcome: PairOutcome = this.gating > 0 ? "mismatch" : this.#ignored.length > 0 ? "ignored" : "match";
    return {
      outcome,
      findings: this.#findings,
      ignored: this.#ignored,
      notComparable: null,
      warnings: [...this.#warnings],
      uncovered: [...this.#uncovered],
      used: [...this.#used].sort((a, b) => a - b),
    };
  }
}

/** Gating before advice, critical before not; the first of equals. */
export function heavier<T extends Cover>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return weight(b) > weight(a) ? b : a;
}

function weight(cover: Cover): number {
  return (cover.gates ? 2 : 0) + (cover.critical ? 1 : 0);
}

/** candidate − legacy; null unless both are finite numbers and so is the difference. */
function deltaOf(legacy: JsonNode | null, candidate: JsonNode | null): number | null {
  if (legacy?.kind !== "number" || candidate?.kind !== "number") return null;
  const delta = candidate.value - legacy.value;
  return Number.isFinite(delta) ? delta : null;
}
