/** Causes to plant: which requests are hit, what becomes of their answer, and what the first explanation must name. */
import type { Answer, Drawn } from "./planted-records.ts";

export interface PlantedCause {
  readonly name: string;
  readonly hits: (drawn: Drawn, variant: string | null) => boolean;
  /** Share of those that are hit which differ. */
  readonly rate?: number;
  readonly change?: (answer: Answer, random: () => number) => Answer;
  /** What its text must hold. */
  readonly names: readonly RegExp[];
}

/** Another score, by chance: nothing but the inputs can explain it. */
export function otherScore(answer: Answer, random: () => number): Answer {
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
    name: "the variant that answered",
    hits: (_, variant) => variant === "shadow",
    rate: 0.05,
    names: [/been answered by variant "shadow"/],
  },
  {
    name: "a variant and a category",
    hits: ({ body }, variant) => variant === "shadow" && body.currency === "JPY",
    rate: 0.3,
    names: [/been answered by variant "shadow"/, /\$\.currency = "JPY"/],
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

/** One in a hundred, by chance: the inputs have nothing to do with it. */
const anyone = { hits: () => true, rate: 0.01 } as const;

const LABEL_OF: Readonly<Record<string, string>> = { ok: "spam", spam: "abuse", abuse: "other", other: "ok" };

function inHours(text: string, hours: number): string {
  return new Date(Date.parse(text) + hours * 3_600_000).toISOString();
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

export const SIGNATURE_CAUSES: readonly PlantedCause[] = [
  {
    name: "a constant offset",
    ...anyone,
    change: (answer) => ({ ...answer, score: sixDecimals(answer.score + 0.05) }),
    names: [/candidate = legacy \+ 0\.05/],
  },
  {
    name: "a constant ratio",
    ...anyone,
    change: (answer) => ({ ...answer, price: Math.round(answer.price * 1e7) / 1e5 }),
    names: [/candidate = legacy × 100/],
  },
  {
    name: "rounding",
    ...anyone,
    change: (answer) => ({ ...answer, price: Math.round(answer.price * 100) / 100 }),
    names: [/candidate = legacy rounded to 2 decimals/],
  },
  {
    name: "float32",
    ...anyone,
    change: (answer) => ({ ...answer, price: Math.fround(answer.price) }),
    names: [/candidate = legacy rounded to float32/],
  },
  {
    name: "a flipped sign",
    ...anyone,
    change: (answer) => ({ ...answer, price: -answer.price }),
    names: [/candidate = −legacy/],
  },
  {
    name: "the probability of the other class",
    ...anyone,
    change: (answer) => ({ ...answer, score: sixDecimals(1 - answer.score) }),
    names: [/candidate = 1 − legacy/],
  },
  {
    name: "a logit",
    ...anyone,
    change: (answer) => ({ ...answer, score: Math.log(answer.score / (1 - answer.score)) }),
    names: [/candidate = ln\(legacy \/ \(1 − legacy\)\)/],
  },
  {
    name: "permuted labels",
    ...anyone,
    change: (answer) => ({ ...answer, label: LABEL_OF[answer.label] ?? answer.label }),
    names: [/labels stand for one another/, /abuse→other/],
  },
  {
    name: "an index off by one",
    ...anyone,
    change: (answer) => ({ ...answer, rank: answer.rank + 1 }),
    names: [/candidate = legacy \+ 1/],
  },
  {
    name: "a clipped range",
    hits: ({ answer }) => answer.price > 4_000,
    rate: 0.05,
    change: (answer) => ({ ...answer, price: 4_000 }),
    names: [/at most 4000/],
  },
  {
    name: "a constant default",
    ...anyone,
    change: (answer) => ({ ...answer, score: 0.5 }),
    names: [/candidate is 0\.5 whatever legacy says/],
  },
  {
    name: "a shift of whole hours",
    ...anyone,
    change: (answer) => ({ ...answer, due: inHours(answer.due, 2) }),
    names: [/candidate = legacy \+ 2 hours/],
  },
  {
    name: "another order",
    ...anyone,
    hits: ({ answer }) => answer.reasons.length > 1,
    change: (answer) => ({ ...answer, reasons: [...answer.reasons].reverse() }),
    names: [/the same elements in reversed order/],
  },
  {
    name: "a ratio where the currency has no cents",
    hits: ({ body }) => body.currency === "JPY",
    rate: 0.05,
    change: (answer) => ({ ...answer, price: Math.round(answer.price * 1e7) / 1e5 }),
    names: [/candidate = legacy × 100/, /pairs with \$\.currency = "JPY"/],
  },
  {
    name: "cut decimals of large orders of one tenant",
    hits: ({ body, attributes }) => body.amount >= 512 && attributes.tenant === "t3",
    rate: 0.5,
    change: (answer) => ({ ...answer, price: Math.floor(answer.price) }),
    names: [/attributes\.tenant = "t3"/, /\$\.amount ≥ 512/],
  },
];
