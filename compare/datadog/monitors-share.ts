/** Monitors of the shares that a finished comparison tells: one for every number of a gate beside the mismatches. */
import { percent } from "../report/figures.ts";
import { FIND_RUN, messageText, STAY } from "./messages.ts";
import { ALERTING, keyed, modelsText, type Parts, thresholds, withKeys } from "./monitor.ts";
import { decimal, filter } from "./queries.ts";
import { type Limit, limitsOf } from "./scopes.ts";
import type { KeyedMonitor } from "./types.ts";

/** Gauges of a finished comparison, one monitor a number. */
export function shareMonitors(parts: Parts): KeyedMonitor[] {
  return SHARES.flatMap((share) => {
    const limits = limitsOf(parts.config, share.member).filter(({ value }) => !share.never(value));
    return withKeys(limits, share.key).map(([key, limit]) => shareMonitor(parts, share, key, limit));
  });
}

interface Share {
  readonly member: "minCoverage" | "maxErrorRate" | "maxEmptyShare" | "maxP99Ratio" | "maxCostPer1000";
  readonly key: string;
  readonly metric: string;
  readonly side: "above" | "below";
  /** Whether the number can never be passed. */
  readonly never: (limit: number) => boolean;
  readonly name: string;
  readonly figure: (limit: number) => string;
  readonly alert: string;
  readonly steps: readonly string[];
}

const share = (limit: number): string => percent(limit);

const SHARES: readonly Share[] = [
  {
    member: "minCoverage",
    key: "coverage",
    metric: "coverage",
    side: "below",
    never: (limit) => limit <= 0,
    name: "coverage",
    figure: share,
    alert: "a part of the captured requests could not be compared: they have no answer, or legacy's cannot be read",
    steps: [
      FIND_RUN,
      "`cutover compare --run RUN` lists what was skipped and why; the same `cutover replay` command sends what has no answer yet.",
      "A legacy answer that cannot be parsed stays so: `cutover show RUN POSITION` shows its bytes.",
    ],
  },
  {
    member: "maxErrorRate",
    key: "error_rate",
    metric: "error_rate",
    side: "above",
    never: (limit) => limit >= 1,
    name: "error rate",
    figure: share,
    alert: "too many requests ended in an error where an answer was expected",
    steps: [
      FIND_RUN,
      "`cutover replay --json` with the same arguments tells errors by class and the parked endpoints; `cutover doctor` whether the target answers.",
      STAY,
    ],
  },
  {
    member: "maxEmptyShare",
    key: "empty_share",
    metric: "empty_share",
    side: "above",
    never: (limit) => limit >= 1,
    name: "pairs that hold nothing to differ in",
    figure: share,
    alert: "both answers of too many pairs are empty, null or errors: that they agree proves nothing",
    steps: [
      FIND_RUN,
      "`cutover gate --run RUN` names the kinds; look at what was captured before trusting a pass.",
      STAY,
    ],
  },
  {
    member: "maxP99Ratio",
    key: "latency_ratio",
    metric: "latency_ratio",
    side: "above",
    never: () => false,
    name: "p99 latency over legacy's",
    figure: (limit) => `×${limit}`,
    alert: "the candidate's slowest answers take too much longer than legacy's",
    steps: [
      FIND_RUN,
      "`cutover gate --run RUN` shows both p99; cold starts are counted apart, and are not in it.",
      "See on the dashboard whether replay was throttled or ran with more at once than production does (`targets.NAME.concurrency`).",
    ],
  },
  {
    member: "maxCostPer1000",
    key: "cost",
    metric: "cost_per_1000",
    side: "above",
    never: () => false,
    name: "cost of 1,000 calls",
    figure: (limit) => String(limit),
    alert: "1,000 calls of the candidate cost more than is allowed, by the target's `price`",
    steps: [FIND_RUN, "`cutover gate --run RUN` shows the cost; it follows latency and memory of the endpoint."],
  },
];

function shareMonitor(
  parts: Parts,
  share: Share,
  key: string,
  { patterns, scope, value }: Limit<number>,
): KeyedMonitor {
  const { naming, notify } = parts;
  const [least, sign] = share.side === "below" ? ["min", "<"] : ["max", ">"];
  const figure = share.figure(value);
  const query = `${least}(last_1h):${least}:${naming.metric(share.metric)}{${filter(naming, scope)}} by {model} ${sign} ${decimal(value)}`;
  const alert = `{{model.name}}: ${share.alert}. ${capital(share.name)} is {{value}}, ${share.side} ${figure}, the limit of the gate (${share.member}).`;
  const recovery = `{{model.name}}: ${share.name} is within the limit of the gate again.`;
  return keyed(parts, key, {
    name: `[cutover] {{model.name}}: ${share.name} ${share.side} ${figure}${modelsText(patterns)}`,
    type: "query alert",
    query,
    message: messageText({ alert, steps: share.steps, recovery, notify }),
    priority: 3,
    options: { ...thresholds(value), ...ALERTING },
  });
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
