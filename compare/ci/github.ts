/** GitHub annotations: workflow commands, each on the line of the rule or gate it is about. A pure function of the summary. */
import { inert } from "../../src/inert.ts";
import { count, percent, plural, words } from "../report/figures.ts";
import { verdictName } from "../report/order.ts";
import { visible } from "../report/text.ts";
import type { ModelSummary, Summary, Verdict } from "../summary.ts";
import { type FieldFinding, failingFields, gatedModels } from "./findings.ts";
import type { Place, Places } from "./places.ts";

type Level = "error" | "warning" | "notice";

interface Annotation {
  readonly level: Level;
  readonly place: Place | null;
  readonly title: string;
  readonly message: string;
}

/** A step shows ten of each level; the tenth says how many there are more. */
const SHOWN = 9;
/** Fields of one model beside its verdict, so that the next model is seen, too. */
const FIELDS_OF_MODEL = 4;
/** Lines and characters of one annotation: a name or a detail may be as large as a message. */
const LINES_SHOWN = 20;
const TEXT_SHOWN = 4_096;
const LEVEL: Readonly<Record<Verdict, Level>> = {
  error: "error",
  fail: "error",
  inconclusive: "warning",
  pass: "notice",
};

/** Lines of workflow commands, each ended. */
export function renderAnnotations(summary: Summary, places: Places): string {
  const all = annotations(summary, places);
  return (["error", "warning", "notice"] as const)
    .flatMap((level) => {
      const some = all.filter((one) => one.level === level);
      const hidden = some.length > SHOWN + 1 ? some.length - SHOWN : 0;
      const shown = hidden > 0 ? some.slice(0, SHOWN) : some;
      const rest = `${count(hidden)} more: the step summary and the report have them`;
      return [...shown, ...(hidden > 0 ? [{ level, place: null, title: "cutover", message: rest }] : [])];
    })
    .map(command)
    .join("");
}

function annotations(summary: Summary, places: Places): Annotation[] {
  const found = gatedModels(summary).filter(([, { verdict }]) => verdict !== "pass");
  const models = found.flatMap(([name, model]) => [ofModel(name, model, places), ...ofFields(name, model, places)]);
  const runLevel = summary.verdict === "error" ? summary.reasons : [];
  const own = runLevel.filter((reason) => !found.some(([name]) => reason.startsWith(`${name}: `)));
  const title = `cutover: ${verdictName(summary)}`;
  const ofRun = own.map((message): Annotation => ({ level: "error", place: null, title, message }));
  if (models.length + ofRun.length > 0) return [...ofRun, ...models];
  const message = `${plural(summary.ready.length, "model")} ready to move, ${plural(summary.coverage.compared, "pair")} compared`;
  return [{ level: LEVEL[summary.verdict], place: null, title, message }];
}

function ofModel(name: string, { verdict, reasons }: ModelSummary, places: Places): Annotation {
  const title = `${name}: ${verdict.toUpperCase()}`;
  return { level: LEVEL[verdict], place: places.ofGate(name), title, message: reasons.join("\n") };
}

function ofFields(name: string, model: ModelSummary, places: Places): Annotation[] {
  return failingFields(model)
    .slice(0, FIELDS_OF_MODEL)
    .map((finding) => ({
      level: LEVEL[model.verdict],
      place: places.ofField(name, finding.field, finding.rule),
      title: `${name}: ${finding.field}`,
      message: fieldText(finding),
    }));
}

function fieldText({ rule, counts: { n, k, kinds } }: FieldFinding): string {
  const parts = Object.entries(kinds).map(([kind, times]) => `${words(kind)} ${count(times ?? 0)}`);
  return `rule ${rule} failed in ${count(k)} of ${plural(n, "pair")} (${percent(n === 0 ? 0 : k / n)}): ${parts.join(", ")}`;
}

function command({ level, place, title, message }: Annotation): string {
  const where = place === null ? [] : [`file=${property(place.file)}`, `line=${place.line}`];
  const lines = message.split("\n", LINES_SHOWN);
  const text = clip(lines.map(shown).join("\n"));
  return `::${level} ${[...where, `title=${property(clip(shown(title)))}`].join(",")}::${data(text)}\n`;
}

function shown(text: string): string {
  return inert(visible(text));
}

function clip(text: string): string {
  return text.length <= TEXT_SHOWN ? text : `${text.slice(0, TEXT_SHOWN)}…`.toWellFormed();
}

/** Nothing of a value may end the command or begin another. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
