/** Whole hours between two instants: another time zone, or a summer time on one side alone. */
import { DISTINCT_LEAST, distinct, type Hypothesis, holdsForMost, shareOf } from "./evidence.ts";
import type { NumberPair, TimePair } from "./pairs.ts";

const HOUR_US = 3_600_000_000;
/** Time zones reach from −12 to +14. */
const HOURS_MOST = 26;

export function hourShift(pairs: readonly TimePair[]): Hypothesis<TimePair> | null {
  const onTheHour = pairs.every(({ x }) => x % HOUR_US === 0);
  if (distinct(pairs.map(({ x }) => x)) < (onTheHour ? DISTINCT_LEAST : 3)) return null;
  const shifts = [...new Set(pairs.map(hoursOf))].filter((hours): hours is number => hours !== null);
  const byShare = shifts
    .map((hours) => [hours, shareOf(pairs, (pair) => hoursOf(pair) === hours)] as const)
    .sort(([a, share], [b, other]) => other - share || a - b);
  const [first, second] = byShare;
  if (first === undefined) return null;
  const holds = (pair: TimePair): boolean => hoursOf(pair) === first[0];
  if (holdsForMost(pairs, holds)) return { name: "hour_shift", parameters: { hours: first[0] }, holds };
  // Summer and winter: one hour apart, in one direction. Of times on the hour that would be no surprise.
  if (second === undefined || onTheHour || Math.abs(first[0] - second[0]) !== 1 || first[0] * second[0] < 0)
    return null;
  const [low, high] = [Math.min(first[0], second[0]), Math.max(first[0], second[0])];
  const either = (pair: TimePair): boolean => [low, high].includes(hoursOf(pair) ?? 0);
  if (!holdsForMost(pairs, either)) return null;
  return { name: "hour_shift", parameters: { hours: `${low} or ${high}` }, holds: either };
}

function hoursOf({ x, y }: TimePair): number | null {
  const hours = (y - x) / HOUR_US;
  return Number.isInteger(hours) && hours !== 0 && Math.abs(hours) <= HOURS_MOST ? hours : null;
}

/** Between 1990 and 2100, by what the number counts since 1970. */
const EPOCHS: readonly (readonly [unit: "s" | "ms" | "us", toUs: number])[] = [
  ["s", 1e6],
  ["ms", 1e3],
  ["us", 1],
];
const [EPOCH_FROM_US, EPOCH_UNTIL_US] = [Date.UTC(1990) * 1e3, Date.UTC(2100) * 1e3];

/** Numbers that can only be times, in one unit. */
export function epochShift(pairs: readonly NumberPair[]): Hypothesis<NumberPair> | null {
  for (const [unit, toUs] of EPOCHS) {
    const isTime = (value: number): boolean => value * toUs >= EPOCH_FROM_US && value * toUs < EPOCH_UNTIL_US;
    if (!pairs.every(({ x, y }) => isTime(x) && isTime(y))) continue;
    const timeOf = ({ x, y, weight }: NumberPair): TimePair => {
      // The difference is exact in the unit; in microseconds, fractions of seconds would not be.
      const apart = Math.round((y - x) * 1e6) / 1e6;
      return { x: Math.round(x * toUs), y: Math.round(x * toUs) + Math.round(apart * toUs), weight };
    };
    const found = hourShift(pairs.map(timeOf));
    if (found === null) return null;
    return { ...found, parameters: { ...found.parameters, unit }, holds: (pair) => found.holds(timeOf(pair)) };
  }
  return null;
}
