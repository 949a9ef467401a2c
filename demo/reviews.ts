/** Customer reviews made from a seed: the same seed gives the same text on every machine. */
import { seededRandom } from "../src/random.ts";

const OPENINGS = [
  "I bought this in March and",
  "My sister gave me one for my birthday and",
  "After two weeks of daily use I can say",
  "The seller shipped it late, but",
  "Third one I own, and",
  "Honestly,",
  "Compared with the old model,",
  "For the price",
];
const REMARKS = [
  "the battery lasts about a day",
  "the screen is bright enough outdoors",
  "the manual is only in English",
  "the menu takes some getting used to",
  "the sound is thin at low volume",
  "it froze twice and came back after a restart",
  "the strap feels cheap but holds",
  "setup took five minutes",
  "it pairs with my phone at once",
  "the charger runs warm",
  "the buttons click nicely",
  "the packaging was damaged on arrival",
  "support answered within a day",
  "the colour is darker than in the picture",
];
/** Harmless text outside ASCII: the port's tokenizer breaks these words too, without harm. */
const ACCENTS = [
  "it looks great in our café",
  "my résumé prints fine now 👍",
  "a little naïve about privacy",
  "señor Gómez at the desk was kind",
  "配送很快",
];
const CLOSINGS = ["Would buy again.", "Three stars.", "Not for me.", "Recommended!", "We will see how long it lasts."];

/** Phrases and how often they come, per thousand reviews. Sums of weights decide what each one triggers. */
const ABUSE: readonly { readonly perMille: number; readonly phrases: readonly string[] }[] = [
  // One plain word: scored, far from a threshold.
  { perMille: 60, phrases: ["damn thing", "what a load of crap", "use my coupon", "subscribe to my channel"] },
  // Weights that add up to exactly 2: the score is exactly 0.5, on the review threshold.
  { perMille: 20, phrases: ["the designer is an idiot", "stupid clown of a courier", "I will destroy it"] },
  // Several reasons, met in an order that is not the order of severity.
  {
    perMille: 30,
    phrases: [
      "crap, and the seller is an idiot who should hurt",
      "coupon spam from a moron, vermin all of them",
      "stupid box, I could destroy it and hurt somebody",
    ],
  },
  // Words outside ASCII that alone take a review down.
  {
    perMille: 25,
    phrases: ["der Verkäufer ist dämlich", "quel crétin", "продавец идиот", "so eine Scheiße", "полная жопа"],
  },
];

export function generateReviews(count: number, seed = 2026): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => review(random));
}

function review(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const parts = [`${pick(OPENINGS)} ${pick(REMARKS)}.`];
  // One review in eight is long.
  const remarks = random() < 0.125 ? 9 + Math.floor(random() * 6) : Math.floor(random() * 3);
  for (let i = 0; i < remarks; i++) parts.push(`${capitalised(pick(REMARKS))}, ${pick(REMARKS)}.`);
  if (random() < 0.08) parts.push(`${capitalised(pick(ACCENTS))}.`);
  let dice = random() * 1000;
  for (const { perMille, phrases } of ABUSE) {
    if (dice < perMille) {
      parts.push(`${capitalised(pick(phrases))}!`);
      break;
    }
    dice -= perMille;
  }
  parts.push(pick(CLOSINGS));
  return parts.join(" ");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
