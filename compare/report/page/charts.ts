/** Drawings of a group's sampled pairs, as paths on a small grid. Pure; computed when the page is made. */
import type { Chart } from "./document.ts";

/** Side of the square that paths are drawn in, in units of the drawing. */
export const CHART_SIDE = 120;
/** Below so many points a drawing says less than the values themselves. */
const POINTS_MIN = 8;
/** From this ratio of the largest to the smallest on, positive values stand on a logarithmic scale. */
const LOG_RATIO = 50;

export type Point = readonly [legacy: number, candidate: number];

/** Legacy against new, and how large the differences are; none of too few numbers. */
export function charts(points: readonly Point[]): Chart[] {
  const finite = points.filter(([legacy, candidate]) => Number.isFinite(legacy) && Number.isFinite(candidate));
  if (finite.length < POINTS_MIN) return [];
  return [scatter(finite), ...errors(finite)];
}

/** One scale for both axes, so that equal values stand on the diagonal. */
function scatter(points: readonly Point[]): Chart {
  const values = points.flat();
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low > LOG_RATIO;
  const place = scale(low, high, log);
  const dots = new Set(points.map(([legacy, candidate]) => `M${place(legacy)} ${CHART_SIDE - place(candidate)}h0`));
  const text = `${points.length} sampled pairs: the candidate is ${sides(points)}${log ? "; logarithmic" : ""}`;
  return { kind: "scatter", d: [...dots].join(""), from: figure(low), to: figure(high), text };
}

/** `lower in every one`, `higher in 40, lower in 24`. */
function sides(points: readonly Point[]): string {
  const above = points.filter(([legacy, candidate]) => candidate > legacy).length;
  const below = points.filter(([legacy, candidate]) => candidate < legacy).length;
  if (above === points.length) return "higher in every one";
  if (below === points.length) return "lower in every one";
  return `higher in ${above}, lower in ${below}`;
}

/** Share of the pairs that differ by at most so much, on a logarithmic scale. */
function errors(points: readonly Point[]): Chart[] {
  const sizes = points
    .map(([legacy, candidate]) => Math.abs(candidate - legacy))
    .filter((size) => size > 0 && size < Number.POSITIVE_INFINITY);
  if (sizes.length < POINTS_MIN) return [];
  sizes.sort((a, b) => a - b);
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.ceil(share * sizes.length) - 1)] ?? 0;
  const [low = 0] = sizes;
  const high = at(1);
  const place = scale(low, high, true);
  let d = `M0 ${CHART_SIDE}`;
  for (const [i, size] of sizes.entries()) {
    d += `H${place(size)}V${Math.round(CHART_SIDE * (1 - (i + 1) / sizes.length))}`;
  }
  const text = `half differ by at most ${figure(at(0.5))}, nine in ten by ${figure(at(0.9))}, all by ${figure(high)}`;
  return [{ kind: "errors", d: `${d}H${CHART_SIDE}`, from: figure(low), to: figure(high), text }];
}

/** Whole units from 0 to CHART_SIDE; the middle when all values are one. */
function scale(low: number, high: number, log: boolean): (value: number) => number {
  const read = log ? Math.log : (value: number): number => value / 2;
  const span = read(high) - read(low);
  return (value) => (span > 0 ? Math.round(((read(value) - read(low)) / span) * CHART_SIDE) : CHART_SIDE / 2);
}

function figure(value: number): string {
  const rounded = Number(value.toPrecision(3));
  // The largest doubles round up to infinity.
  return (Number.isFinite(rounded) ? String(rounded) : value.toExponential(2)).replace("-", "−");
}
