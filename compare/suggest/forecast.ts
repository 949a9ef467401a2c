/** What a rule that was tried on some of a model's pairs would do to all of them, with a range that says how sure that is. */
import { clopperPearson } from "../statistics.ts";

/** Pairs of one kind: how many there are, how many were tried, and of these how many the rule changes. */
export interface Tried {
  readonly all: number;
  readonly tried: number;
  readonly changed: number;
}

export interface Forecast {
  readonly about: number;
  readonly least: number;
  readonly most: number;
}

/** Both sides of a range, and the two parts that a count is made of, hold together. */
export const FORECAST_CONFIDENCE = 0.99;
const ONE_SIDE = 1 - (1 - FORECAST_CONFIDENCE) / 4;

/** How many a rule leaves: those of `there` that it does not change, and those of `others` that it does. Exact when all were tried. */
export function forecastOf(there: Tried, others: Tried): Forecast {
  const gone = changedOf(there);
  const come = changedOf(others);
  return {
    about: there.all - gone.about + come.about,
    least: there.all - gone.most + come.least,
    most: there.all - gone.least + come.most,
  };
}

/**
 * Of all, by those tried. Bounds of a rate hold for what is drawn without putting back, too, only wider than they need be;
 * and what was tried is known.
 */
function changedOf({ all, tried, changed }: Tried): Forecast {
  const { lower, upper } = clopperPearson(changed, tried, ONE_SIDE);
  const most = Math.max(changed, all - (tried - changed));
  const within = (count: number): number => Math.min(most, Math.max(changed, count));
  const rate = tried === 0 ? 0 : changed / tried;
  return {
    about: within(Math.round(rate * all)),
    least: within(Math.floor(lower * all)),
    most: within(Math.ceil(upper * all)),
  };
}
