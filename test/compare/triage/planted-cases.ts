/** Causes to plant: which requests are hit, what becomes of their answer, and what the first explanation must name. */
import type { Drawn } from "./planted-records.ts";

export interface Answer {
  score: number;
  label: string;
  [name: string]: unknown;
}

export interface PlantedCause {
  readonly name: string;
  readonly hits: (drawn: Drawn) => boolean;
  /** Share of those that are hit which differ. */
  readonly rate?: number;
  readonly change?: (answer: Answer, drawn: Drawn, random: () => number) => Answer;
  /** What its text must hold. */
  readonly names: readonly RegExp[];
}

/** Another score, by chance: nothing but the inputs can explain it. */
export function otherScore(answer: Answer, _drawn: Drawn, random: () => number): Answer {
  return { ...answer, score: Math.round(random() * 1e6) / 1e6 };
}

export const SLICE_CAUSES: readonly PlantedCause[] = [
  {
    name: "a script",
    hits: ({ body }) => /[^\0-\x7f]/.test(body.text),
    rate: 0.1,
    names: [/have non-ASCII text \(\$\.text\)/],
  },
  {
    name: "one script of several",
    hits: ({ body }) => body.lang === "ja" && body.text !== "",
    names: [/CJK text|\$\.lang = "ja"/],
  },
  {
    name: "a line break",
    hits: ({ body }) => body.text.includes("\n"),
    rate: 0.5,
    names: [/a line break in \$\.text/],
  },
  {
    name: "a space at the end",
    hits: ({ body }) => body.text.endsWith(" "),
    names: [/a space at its beginning or end/],
  },
  {
    name: "an empty text",
    hits: ({ body }) => body.text === "",
    names: [/an empty \$\.text|\$\.text = ""|\$\.text of 0/],
  },
  {
    name: "the length of a text",
    hits: ({ body }) => body.text.length >= 256,
    rate: 0.5,
    names: [/\$\.text of ≥ 256 characters/],
  },
  { name: "a category", hits: ({ body }) => body.currency === "JPY", rate: 0.05, names: [/\$\.currency = "JPY"/] },
  { name: "a null", hits: ({ body }) => body.age === null, rate: 0.3, names: [/\$\.age of type null/] },
  { name: "a missing member", hits: ({ body }) => body.note === undefined, rate: 0.03, names: [/no \$\.note/] },
  { name: "the size of a number", hits: ({ body }) => body.amount >= 4096, rate: 0.1, names: [/\$\.amount ≥ 4096/] },
  { name: "an empty list", hits: ({ body }) => body.tags.length === 0, rate: 0.05, names: [/0 elements in \$\.tags/] },
  {
    name: "the version of the model",
    hits: ({ modelVersion }) => modelVersion === "v2",
    rate: 0.05,
    names: [/modelVersion = "v2"/],
  },
  {
    name: "an attribute",
    hits: ({ attributes }) => attributes.tenant === "t7",
    rate: 0.1,
    names: [/attributes\.tenant = "t7"/],
  },
  {
    name: "a category and the size of a number",
    hits: ({ body }) => body.currency === "JPY" && body.amount >= 1024,
    rate: 0.3,
    names: [/\$\.currency = "JPY"/, /\$\.amount ≥ 1024/],
  },
  {
    name: "a flag and a version",
    hits: ({ body, modelVersion }) => body.premium && modelVersion === "v2",
    rate: 0.2,
    names: [/\$\.premium = true/, /modelVersion = "v2"/],
  },
];
