/** What looked-at rows stand for, so that rates of samples are rates of pairs. */
import type { Summary } from "../../summary.ts";
import { type Bits, countOf } from "./bits.ts";
import { familiesOf, groupsOf, type Subject } from "./plan.ts";
import type { ModelRows } from "./rows.ts";
import type { Scope } from "./subject.ts";

export class Weights {
  /** Agreeing pairs that one agreeing row stands for. */
  readonly matchWeight: number;
  readonly #subject: Subject;
  /** Of the models of the subject: differing pairs over remembered ones. */
  readonly #perRemembered: number;
  readonly #matches: number;
  readonly #remembered: number;
  readonly #byFamily = new Map<number, number>();
  readonly #byGroup = new Map<number, number>();

  constructor(subject: Subject, models: readonly ModelRows[], summary: Summary) {
    this.#subject = subject;
    const names = new Set(subject.mismatches.map(({ model }) => model));
    const mine = models.filter(({ model }) => names.has(model));
    const rows = mine.flatMap(({ mismatches }) => mismatches);
    for (const row of rows) {
      for (const code of familiesOf(row)) this.#byFamily.set(code, (this.#byFamily.get(code) ?? 0) + 1);
      for (const code of groupsOf(row)) this.#byGroup.set(code, (this.#byGroup.get(code) ?? 0) + 1);
    }
    const total = (count: (name: string) => number): number => [...names].reduce((sum, name) => sum + count(name), 0);
    this.#remembered = subject.family === null ? rows.length : (this.#byFamily.get(subject.family) ?? rows.length);
    this.#perRemembered = Math.max(1, total((name) => summary.models[name]?.k ?? 0) / Math.max(1, rows.length));
    this.#matches = Math.max(1, total((name) => summary.models[name]?.outcomes.match ?? 0) / subject.matches.length);
    this.matchWeight = Math.round(this.#matches);
  }

  /** Agreeing pairs of an agreeing row over the differing pairs of a differing row, in a scope. */
  of({ kind, code, rows }: Pick<Scope, "kind" | "code" | "rows">): number {
    const counts = kind === "family" ? this.#byFamily : this.#byGroup;
    const remembered = kind === "model" ? this.#remembered : (counts.get(code) ?? this.#remembered);
    return this.#ratio(remembered, countOf(rows));
  }

  /** The same of any rows: as dense as the subject's are. */
  ofRows(rows: Bits): number {
    const looked = this.#subject.mismatches.length;
    return this.#ratio((this.#remembered * countOf(rows)) / looked, countOf(rows));
  }

  #ratio(remembered: number, looked: number): number {
    return this.#matches / Math.max(1, (this.#perRemembered * remembered) / Math.max(1, looked));
  }
}
