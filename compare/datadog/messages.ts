/** What a monitor tells the person on call: what is wrong, why it matters, and the commands that go on from there. */

/** `{{model.name}}` and the like are filled by Datadog, with the tag of the group that alerts. */
export interface Told {
  /** What it is that alerts: a number, or that there is none; null for whatever is no recovery. */
  readonly when?: "is_alert" | "is_no_data" | null;
  /** What is so while it alerts, as a sentence. */
  readonly alert: string;
  /** What to do, in order. */
  readonly steps: readonly string[];
  /** What a recovery means, and what it does not. */
  readonly recovery: string;
  /** Handles to notify, `@slack-ml-oncall`. */
  readonly notify: readonly string[];
}

export function messageText({ when = "is_alert", alert, steps, recovery, notify }: Told): string {
  const numbered = steps.map((step, i) => `${i + 1}. ${step}`);
  return [
    when === null ? "{{^is_recovery}}" : `{{#${when}}}`,
    alert,
    "",
    "What to do:",
    ...numbered,
    `{{/${when ?? "is_recovery"}}}`,
    "{{#is_recovery}}",
    recovery,
    "{{/is_recovery}}",
    ...(notify.length > 0 ? ["", notify.join(" ")] : []),
  ].join("\n");
}

/** Of the sides of a composite: they notify nobody, and are red at times. */
export function sideText(what: string): string {
  return `${what}\n\nOne side of a composite monitor: it notifies nobody by itself.`;
}

/** The way from an alert to the cause, the same for every alert about answers. */
export const FIND_RUN =
  "`cutover runs` shows the runs with their verdicts; the event `cutover FAIL: run …` beside this alert links the report.";
export const FIND_GROUPS =
  "`cutover groups RUN` shows the kinds of differences, the most frequent first, each with its guessed cause.";
export const SHOW_ONE =
  "`cutover show RUN ID` shows one of their records: both answers side by side, and the command that sends it again.";
export const STAY =
  "Until it is understood the model stays where it is: `cutover gate --run RUN` must exit 0 before it moves.";
