/** Monitors of a run as a whole, of runs that do not come, and of a capture that falls behind. */
import { FIND_GROUPS, FIND_RUN, messageText, SHOW_ONE, STAY } from "./messages.ts";
import { ALERTING, keyed, type Parts, RENOTIFY_MINUTES, thresholds } from "./monitor.ts";
import { filter } from "./queries.ts";
import type { KeyedMonitor } from "./types.ts";

/** The verdict itself, as the service check tells it: 0 pass, 1 inconclusive, 2 fail, 3 error. */
export function gateMonitor(parts: Parts): KeyedMonitor {
  const { config, naming, notify } = parts;
  const quoted = (tags: readonly string[]): string => tags.map((tag) => `"${tag}"`).join(",");
  const over = naming.tags.length === 0 ? '"*"' : quoted(naming.tags);
  const others =
    naming.targets === undefined ? [] : Object.keys(config.targets).filter((name) => !naming.targets?.includes(name));
  const without = others.length === 0 ? "" : `.exclude(${quoted(others.sort().map((name) => `target:${name}`))})`;
  return keyed(parts, "gate", {
    name: "[cutover] {{target.name}}: the gate does not pass",
    type: "service check",
    query: `"${naming.metric("gate")}".over(${over})${without}.by("target").last(2).count_by_status()`,
    message: messageText({
      // Inconclusive warns, and an error is unknown: both want somebody to look.
      when: null,
      alert: "The latest comparison with {{target.name}} does not pass:\n\n{{check_message}}",
      steps: [FIND_RUN, FIND_GROUPS, SHOW_ONE, STAY],
      recovery:
        "The latest comparison with {{target.name}} passes. `cutover report --open` shows which models are ready to move.",
      notify,
    }),
    priority: 2,
    options: { ...ALERTING, thresholds: { critical: 1, warning: 1, ok: 1, unknown: 1 } },
  });
}

/** No run has ended within twice the time in which one is expected. */
export function missingRunMonitor(parts: Parts, everyHours: number): KeyedMonitor {
  const { naming, notify } = parts;
  const minutes = 2 * everyHours * 60;
  const window = everyHours === 24 ? "last_1d" : everyHours === 168 ? "last_1w" : `last_${everyHours}h`;
  const steps = [
    "See whether the job that calls `cutover run` ran, and with which exit code: 2 is a fault of config or input, 4 nothing to compare.",
    "`cutover doctor` says whether source, store, target and DogStatsD answer; a comparison whose metrics were lost still stands in `cutover runs`.",
    "`cutover runs` shows a run that has not ended; the same command goes on with it.",
  ];
  return keyed(parts, "run_missing", {
    name: `[cutover] no run has ended in ${2 * everyHours} hours`,
    type: "query alert",
    query: `sum(${window}):sum:${naming.metric("run.completed")}{${filter(naming)}}.as_count() < 1`,
    message: messageText({
      when: "is_no_data",
      alert: `No comparison has ended in the last ${2 * everyHours} hours; one is expected every ${everyHours}.`,
      steps,
      recovery: "A run has ended again.",
      notify,
    }),
    priority: 3,
    options: {
      ...thresholds(1),
      notify_no_data: true,
      no_data_timeframe: minutes,
      renotify_interval: 6 * RENOTIFY_MINUTES,
      renotify_statuses: ["no data"],
    },
  });
}

/** What is read is older than two rotations: a capture that keeps up makes everything durable within one. */
export function lagMonitor(parts: Parts): KeyedMonitor[] {
  const { config, naming, notify } = parts;
  if (config.capture.source?.kafka === undefined) return [];
  const seconds = Math.ceil((2 * config.capture.rotate.interval) / 1_000);
  const where = filter(naming, undefined, false);
  return [
    keyed(parts, "capture_lag", {
      name: `[cutover] {{topic.name}}: capture is more than ${seconds} s behind`,
      type: "query alert",
      query: `min(last_15m):max:${naming.metric("capture.lag_s")}{${where}} by {topic} > ${seconds}`,
      message: messageText({
        alert: `What capture reads of {{topic.name}} has been more than ${seconds} s old for 15 minutes (twice capture.rotate.interval), and more is waiting. What retention deletes before it is read is lost.`,
        steps: [
          "`/readyz` of the capture (capture.health) says why it is not ready: full buffers, a store that refuses, a group that gives it nothing.",
          "`cutover doctor` says how far the group is behind, how long retention leaves, and whether the store takes writes.",
          "Start another process of the same group: partitions are shared among them. `cutover captures --audit` proves afterwards that nothing is missing.",
        ],
        recovery:
          "Capture has caught up with {{topic.name}}. `cutover captures --audit` shows whether anything was lost.",
        notify,
      }),
      priority: 2,
      options: { ...thresholds(seconds), ...ALERTING },
    }),
  ];
}
