/** Monitors of rates: mismatches of a comparison, failures of a replay; with a floor, or by number. */
import { percent } from "../report/figures.ts";
import { FIND_GROUPS, FIND_RUN, messageText, SHOW_ONE, STAY, sideText } from "./messages.ts";
import { ALERTING, keyed, modelsText, type Parts, thresholds, withKeys } from "./monitor.ts";
import { decimal, filter } from "./queries.ts";
import { both, type Limit, limitsOf } from "./scopes.ts";
import type { KeyedMonitor } from "./types.ts";

/** Mismatch rate with its floor where a bound is judged, number of mismatches where every request was compared. */
export function mismatchMonitors(parts: Parts): KeyedMonitor[] {
  const evidence = limitsOf(parts.config, "evidence");
  const within = (kind: "bound" | "census", limits: readonly Limit<number>[]): Limit<number>[] =>
    evidence
      .filter(({ value }) => value === kind)
      .flatMap(({ patterns, scope }) =>
        limits.flatMap((limit) => {
          const joined = both(scope, limit.scope);
          const named = limit.patterns.includes("*") ? patterns : limit.patterns;
          return joined === null ? [] : [{ ...limit, patterns: named, scope: joined }];
        }),
      );
  const numbers = limitsOf(parts.config, "maxMismatches");
  // A census allows none unless it says how many.
  const silent = evidence
    .filter(({ value }) => value === "census")
    .flatMap(({ patterns, scope }) => {
      const rest = both(scope, { all: [], not: numbers.flatMap((limit) => limit.patterns) });
      return rest === null ? [] : [{ patterns, scope: rest, value: 0 }];
    });
  const counted = [...within("bound", numbers), ...within("census", numbers), ...silent];
  return [
    ...rateMonitors(parts, MISMATCH, within("bound", limitsOf(parts.config, "maxMismatchRate"))),
    ...withKeys(counted, "mismatches").map(([key, limit]) => numberMonitor(parts, key, limit)),
  ];
}

/** Requests of replay that got no answer, while it runs. */
export function replayMonitors(parts: Parts): KeyedMonitor[] {
  return rateMonitors(parts, REPLAY, limitsOf(parts.config, "maxErrorRate"));
}

interface Rate {
  readonly key: string;
  readonly part: string;
  readonly whole: string;
  readonly window: string;
  readonly name: string;
  readonly what: string;
  readonly things: string;
  readonly priority: number;
  readonly member: string;
  readonly alert: (limit: string, floor: number) => string;
  readonly steps: readonly string[];
  readonly recovery: string;
}

const MISMATCH: Rate = {
  key: "mismatch",
  part: "mismatched",
  whole: "compared",
  window: "last_1h",
  name: "mismatches",
  what: "mismatch rate",
  things: "pairs",
  priority: 2,
  member: "maxMismatchRate",
  alert: (limit, floor) =>
    `{{model.name}}: more than ${limit} of the pairs compared in the last hour differ, over at least ${floor} pairs. The gate allows ${limit} (maxMismatchRate).`,
  steps: [FIND_RUN, FIND_GROUPS, SHOW_ONE, STAY],
  recovery:
    "{{model.name}} is below its mismatch rate again. That is no verdict: `cutover gate` judges the bound, not the rate.",
};

const REPLAY: Rate = {
  key: "replay_errors",
  part: "replay.failed",
  whole: "replay.requests",
  window: "last_15m",
  name: "replay errors",
  what: "share of replayed requests without an answer",
  things: "requests",
  priority: 3,
  member: "maxErrorRate",
  alert: (limit, floor) =>
    `{{model.name}}: more than ${limit} of the requests replayed in the last 15 minutes got no answer, over at least ${floor} requests. The gate allows ${limit} (maxErrorRate).`,
  steps: [
    "`cutover runs --watch` shows whether the run still moves; the dashboard shows the errors by class, and throttles.",
    "`cutover doctor` says whether the target answers, and how to mend what does not.",
    "The same `cutover replay` command goes on where it stopped: stored failures are results and are not sent again; `--fresh` begins a new run.",
  ],
  recovery: "{{model.name}} answers again. What failed stays failed in its run.",
};

/** The rate, its floor, and both together: only together they notify. */
function rateMonitors(parts: Parts, rate: Rate, all: readonly Limit<number>[]): KeyedMonitor[] {
  const { naming, notify } = parts;
  // More than all of them cannot be.
  const limits = all.filter(({ value }) => value < 1);
  return withKeys(limits, rate.key).flatMap(([key, { patterns, scope, value }]) => {
    const where = filter(naming, scope);
    const sum = (name: string): string => `sum:${naming.metric(name)}{${where}} by {model}.as_count()`;
    const floor = floorOf(value);
    const limit = percent(value);
    const models = modelsText(patterns);
    const [rateKey, floorKey] = [`${key}_rate`, `${key}_volume`];
    return [
      keyed(parts, rateKey, {
        name: `[cutover] ${rate.what} above ${limit}${models}`,
        type: "query alert",
        query: `sum(${rate.window}):${sum(rate.part)} / ${sum(rate.whole)} > ${decimal(value)}`,
        message: sideText(`{{model.name}}: ${rate.what} above ${limit} (${rate.member} of the gate).`),
        priority: 5,
        options: thresholds(value),
      }),
      keyed(parts, floorKey, {
        name: `[cutover] enough ${rate.things} to speak of a rate${models}`,
        type: "query alert",
        query: `sum(${rate.window}):${sum(rate.whole)} >= ${floor}`,
        message: sideText(
          `{{model.name}}: at least ${floor} ${rate.things}; of fewer, a single one would be above ${limit}.`,
        ),
        priority: 5,
        options: thresholds(floor),
      }),
      keyed(
        parts,
        key,
        {
          name: `[cutover] {{model.name}}: ${rate.name} above ${limit}${models}`,
          type: "composite",
          query: `\${${rateKey}} && \${${floorKey}}`,
          message: messageText({ alert: rate.alert(limit, floor), steps: rate.steps, recovery: rate.recovery, notify }),
          priority: rate.priority,
          options: ALERTING,
        },
        [rateKey, floorKey],
      ),
    ];
  });
}

/** Of fewer, one alone would be above the limit. */
export function floorOf(limit: number): number {
  return limit === 0 ? 1 : Math.ceil(Number((1 / limit).toPrecision(12)));
}

function numberMonitor(parts: Parts, key: string, { patterns, scope, value }: Limit<number>): KeyedMonitor {
  const { naming, notify } = parts;
  const alert = `{{model.name}}: more than ${value} pairs compared in the last hour differ. The gate allows ${value} (maxMismatches).`;
  return keyed(parts, key, {
    name: `[cutover] {{model.name}}: more than ${value} mismatches${modelsText(patterns)}`,
    type: "query alert",
    query: `sum(last_1h):sum:${naming.metric("mismatched")}{${filter(naming, scope)}} by {model}.as_count() > ${value}`,
    message: messageText({ alert, steps: MISMATCH.steps, recovery: MISMATCH.recovery, notify }),
    priority: 2,
    options: { ...thresholds(value), ...ALERTING },
  });
}
