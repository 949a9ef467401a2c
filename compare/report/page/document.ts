/** What the page carries: one index, and one document a model, read only when that model is looked at. */
import type { GroupChange } from "../../versus/status.ts";
import type { Vnode } from "./vnode.ts";

/** A row of a list, with the lower-case text that the filter searches. */
export interface Entry {
  readonly find: string;
  readonly verdict?: string;
  readonly model?: string;
  /** Kinds of difference in it, each between spaces. */
  readonly kinds?: string;
  /** What became of its differences against another run, each between spaces. */
  readonly changes?: string;
  /** Nothing differs here: shown when asked for. */
  readonly quiet?: true;
  readonly node: Vnode;
}

/** Same text, then what only legacy and only the candidate has, then columns legacy (negative: the candidate) lacks. */
export type DiffPart = readonly [same: string, legacy: string, candidate: string, gap: number];

/** An exemplar in short, since a page holds thousands: the script makes elements of it. */
export interface ExampleCard {
  /** As a shell reads it. */
  readonly position: string;
  readonly id: string;
  /** Path, where it is not the group's own. */
  readonly path?: string;
  readonly why?: string;
  readonly delta?: string;
  /** The side that is absent, or both. */
  readonly absent?: string;
  /** Short enough that both sides stand in one line each, letter above letter. */
  readonly aligned: boolean;
  readonly parts: readonly DiffPart[];
  readonly input?: string;
  readonly neighbour?: { readonly position: string; readonly id: string; readonly input: string };
}

/** One drawing: paths computed when the page is made, words at its ends, and what it shows as a sentence. */
export interface Chart {
  readonly kind: "scatter" | "errors";
  readonly d: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export interface GroupCard {
  readonly fingerprint: string;
  readonly model: string;
  readonly path: string;
  readonly kind: string;
  readonly rule: string;
  readonly traits: readonly string[];
  readonly count: string;
  /** Of the model's mismatches, in percent of a bar. */
  readonly width: number;
  readonly share: string;
  readonly rate: string;
  readonly waived?: string;
  /** Against another run, with the word for it. */
  readonly change?: GroupChange;
  readonly changed?: string;
  readonly cause?: string;
  readonly slice?: string;
  /** What the slice and the signature rest on. */
  readonly basis: readonly string[];
  readonly charts: readonly Chart[];
  readonly examples: readonly ExampleCard[];
}

/** The commands that a card offers, what stands before and after the position or fingerprint they are about. */
export interface Commands {
  readonly show: CommandEnds;
  readonly again: CommandEnds;
  readonly suggest: CommandEnds;
  readonly replay: CommandEnds;
  readonly all: CommandEnds;
}
export type CommandEnds = readonly [before: string, after: string];

/** What is selected: all models, or one. */
export interface DetailDocument {
  readonly title: string;
  /** Said beside the groups, when these are not all. */
  readonly note: string;
  readonly facts: readonly Vnode[];
  readonly flips: readonly Vnode[];
  readonly fieldHead: Vnode;
  readonly fields: readonly Entry[];
  readonly groups: readonly GroupCard[];
  /** Differences of another run that are gone; empty without one. */
  readonly fixed: readonly Entry[];
  /** Said beside them, when these are not all. */
  readonly fixedNote: string;
}

export interface IndexDocument {
  readonly models: readonly Entry[];
  readonly detail: DetailDocument;
  readonly commands: Commands;
  /** Parts of the page that never change, by the id of the element they fill. */
  readonly parts: Readonly<Record<string, readonly Vnode[]>>;
}
