/** JUnit XML: a suite is a model, a case a field under a rule, beside one of its gate and one of its answers. Pure. */
import { count, covered, percent, plural, words } from "../report/figures.ts";
import { modelsInOrder } from "../report/order.ts";
import type { ModelSummary, Summary } from "../summary.ts";
import { allFields, type FieldFinding } from "./findings.ts";

interface Case {
  readonly name: string;
  /** Passed when there is none. */
  readonly result?: {
    readonly kind: "failure" | "error" | "skipped";
    readonly message: string;
    readonly text?: string;
  };
}

interface Suite {
  readonly name: string;
  readonly properties: readonly (readonly [name: string, value: string])[];
  readonly cases: readonly Case[];
}

export function renderJunit(summary: Summary): string {
  const suites = [runSuite(summary), ...modelsInOrder(summary.models).map(([name, model]) => modelSuite(name, model))];
  const all = suites.flatMap(({ cases }) => cases);
  const attributes = `name="${xml(`cutover ${summary.run}`)}" ${counts(all)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.map(suiteText).join("")}</testsuites>\n`;
}

/** What is said of the run as a whole: without it a run without models would be an empty file, which reads as green. */
function runSuite(summary: Summary): Suite {
  const { verdict, reasons, coverage } = summary;
  const properties = [
    ["run", summary.run],
    ["target", summary.target],
    ["rules", summary.rules],
    ["captured", String(coverage.captured)],
    ["compared", String(coverage.compared)],
    ["ready", summary.ready.join(" ")],
    ["version", summary.version],
  ] as const;
  return { name: "run", properties, cases: [{ name: "verdict", ...verdictResult(verdict, reasons) }] };
}

function modelSuite(name: string, model: ModelSummary): Suite {
  const figure = (value: number | null): string => (value === null ? "none" : String(value));
  const properties = [
    ["n", String(model.n)],
    ["k", String(model.k)],
    ["rate", String(model.rate)],
    ["lower", String(model.lower)],
    ["upper", String(model.upper)],
    ["limit", figure(model.limit)],
    ["confidence", figure(model.confidence)],
    ["evidence", model.evidence ?? "bound"],
    ["coverage", String(covered(model))],
    ["verdict", model.verdict],
    ["pairsNeeded", figure(model.pairsNeeded)],
  ] as const;
  const gate: Case =
    model.limit === null
      ? { name: "gate", result: { kind: "skipped", message: "the model has no gate" } }
      : { name: "gate", ...verdictResult(model.verdict, model.reasons) };
  const cases = [
    gate,
    answersCase(model),
    ...allFields(model).map((finding) => fieldCase(finding, model)),
    ...model.uncovered.map((field): Case => {
      return { name: `${field} · no rule`, result: { kind: "skipped", message: "no rule covers this path" } };
    }),
  ];
  return { name, properties, cases };
}

function verdictResult(verdict: ModelSummary["verdict"], reasons: readonly string[]): Pick<Case, "result"> {
  if (verdict === "pass") return {};
  const kind = verdict === "fail" ? "failure" : verdict === "error" ? "error" : "skipped";
  return { result: { kind, message: `${verdict}: ${reasons[0] ?? ""}`, text: reasons.join("\n") } };
}

/** Answers that could not be compared; an error only where the gate does not bear them. */
function answersCase({ coverage, errors, verdict }: ModelSummary): Case {
  const { scope, notComparable, unpaired } = coverage;
  const lost = notComparable + unpaired;
  if (lost === 0 || verdict === "pass") return { name: "answers" };
  const parts = Object.entries(errors).map(([reason, value]) => `${words(reason)} ${count(value)}`);
  const message = `${count(lost)} of ${plural(scope, "record")} could not be compared`;
  return {
    name: "answers",
    result: { kind: "error", message, text: [...parts, `unpaired ${count(unpaired)}`].join("\n") },
  };
}

function fieldCase({ field, rule, counts: { n, k, kinds } }: FieldFinding, model: ModelSummary): Case {
  const name = `${field} · ${rule}`;
  if (model.verdict === "inconclusive") {
    return {
      name,
      result: { kind: "skipped", message: `not enough evidence: ${count(k)} of ${plural(n, "pair")} differ` },
    };
  }
  if (k === 0 || model.verdict === "pass" || model.limit === null) return { name };
  const text = Object.entries(kinds).map(([kind, times]) => `${words(kind)} ${count(times ?? 0)}`);
  const message = `${count(k)} of ${plural(n, "pair")} differ (${percent(n === 0 ? 0 : k / n)})`;
  return { name, result: { kind: "failure", message, text: text.join("\n") } };
}

function suiteText({ name, properties, cases }: Suite): string {
  const lines = [
    `  <testsuite name="${xml(name)}" ${counts(cases)} skipped="${of(cases, "skipped")}">`,
    "    <properties>",
    ...properties.map(([key, value]) => `      <property name="${xml(key)}" value="${xml(value)}"/>`),
    "    </properties>",
    ...cases.map((one) => caseText(name, one)),
    "  </testsuite>",
  ];
  return `${lines.join("\n")}\n`;
}

function caseText(suite: string, { name, result }: Case): string {
  const head = `    <testcase classname="${xml(suite)}" name="${xml(name)}"`;
  if (result === undefined) return `${head}/>`;
  const { kind, message, text = message } = result;
  return `${head}><${kind} message="${xml(message)}">${xml(text)}</${kind}></testcase>`;
}

function counts(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${of(cases, "failure")}" errors="${of(cases, "error")}"`;
}

function of(cases: readonly Case[], kind: NonNullable<Case["result"]>["kind"]): number {
  return cases.filter(({ result }) => result?.kind === kind).length;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Code units of one name, message or text: model and field may be as large as a message, and stand in many places. */
const TEXT_SHOWN = 4_096;

/**
 * As text or attribute, cut to TEXT_SHOWN. Left out is what XML 1.0 cannot hold, and what would steer a terminal or
 * turn other text around where the file is shown.
 */
function xml(text: string): string {
  const shown = text.length <= TEXT_SHOWN ? text : `${text.slice(0, TEXT_SHOWN)}…`;
  return shown
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\p{Bidi_Control}/gu, "")
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? "");
}
