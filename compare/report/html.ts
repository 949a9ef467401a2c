/**
 * The HTML report: one self-contained page, a pure function of the summary. Everything that came from
 * outside travels as gzip in base64 — no character of it can end a script or open a tag — and reaches the
 * page as text nodes. The policy allows this one script and this one style and no request whatsoever.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Group, ModelSummary, Summary, Verdict } from "../summary.ts";
import { count, plural } from "./figures.ts";
import { groupsInOrder, modelsInOrder, verdictName } from "./order.ts";
import { byFailures, type FieldRow, fieldEntry, fieldRows, groupEntry } from "./page-findings.ts";
import { modelEntry } from "./page-models.ts";
import { coveragePart, figuresPart, modelFacts, settingsPart, verdictPart } from "./page-parts.ts";
import { type DetailDocument, type IndexDocument, pageScript } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { visible } from "./text.ts";

/** What is kept of each model's groups. The fullest that fits the target size is taken. */
interface Detail {
  readonly groups: number;
  readonly examples: number;
}
const DETAILS: readonly Detail[] = [
  { groups: LIMITS.groupsPerModel, examples: LIMITS.exemplarsPerGroup },
  { groups: 500, examples: 2 },
  { groups: 100, examples: 1 },
  { groups: 20, examples: 1 },
];
/** Across all models the page opens with so many groups and fields; each model's own are one step away. */
const OVERVIEW = { groups: 60, fields: 60 };

/** The page, at most LIMITS.reportMaxBytes; throws USAGE when even the shortest form is larger. */
export function renderHtml(summary: Summary): string {
  for (const detail of DETAILS) {
    const most = detail === DETAILS.at(-1) ? LIMITS.reportMaxBytes : LIMITS.reportTargetBytes;
    const data = chunks(summary, detail, most);
    const page = data && frame(summary, data);
    if (page !== undefined && page.length <= most) return page;
  }
  throw new CutoverError("USAGE", "the report would be too large to open", {
    expected: `at most ${count(LIMITS.reportMaxBytes)} bytes`,
    received: `${count(Object.keys(summary.models).length)} models, ${count(summary.groups.length)} groups`,
    hint: "cutover compare --json gives every figure, cutover export every finding",
  });
}

/** Chunk 0 is the index, chunk i the i-th model of the table; undefined once they take more than `most` bytes. */
function chunks(summary: Summary, detail: Detail, most: number): string[] | undefined {
  const models = modelsInOrder(summary.models);
  const groups = groupsInOrder(summary.groups);
  const byModel = Map.groupBy(groups, (group) => group.model);
  const detailOf = (name: string, model: ModelSummary): DetailDocument => ({
    title: visible(name),
    facts: modelFacts(model),
    fields: fieldRows(name, model).map(fieldEntry),
    groups: groupEntries(byModel.get(name) ?? [], detail.groups),
  });
  const groupEntries = (of: readonly Group[], shown: number): DetailDocument["groups"] =>
    of.slice(0, shown).map((group) => groupEntry(group, summary.run, detail.examples));

  const [first, ...others] = models;
  const overview = (): DetailDocument => ({
    title: "All models",
    facts: [],
    fields: worstFields(models).map(fieldEntry),
    groups: groupEntries(groups, OVERVIEW.groups),
  });
  const index: IndexDocument = {
    models: models.map(([name, model]) => modelEntry(name, model)),
    detail: first && others.length === 0 ? detailOf(...first) : overview(),
    parts: {
      verdict: verdictPart(summary),
      figures: figuresPart(summary),
      sums: coveragePart(summary),
      settings: settingsPart(summary, noteOf(detail)),
    },
  };
  const packed = [pack(index)];
  let bytes = packed[0]?.length ?? 0;
  // One at a time, so that no more than one model's nodes are in memory.
  for (const [name, model] of models) {
    const chunk = pack(detailOf(name, model));
    bytes += chunk.length;
    if (bytes > most) return undefined;
    packed.push(chunk);
  }
  return packed;
}

function worstFields(models: readonly [string, ModelSummary][]): FieldRow[] {
  const failing = models.flatMap(([name, model]) => fieldRows(name, model).filter((row) => row.k > 0));
  return failing.sort(byFailures).slice(0, OVERVIEW.fields);
}

/** What a reader of a shortened page must know; null for a full one. */
function noteOf(detail: Detail): string | null {
  if (detail === DETAILS[0]) return null;
  return `shortened to ${detail.groups} groups a model and ${plural(detail.examples, "example")} a group; cutover export has every finding`;
}

function pack(document: IndexDocument | DetailDocument): string {
  return gzipSync(JSON.stringify(document)).toString("base64");
}

function frame(summary: Summary, data: readonly string[]): string {
  const script = pageScript();
  const policy = [
    "default-src 'none'",
    `script-src '${fingerprint(script)}'`,
    `style-src '${fingerprint(PAGE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const title = escapeText(visible(`${verdictName(summary)} · ${summary.run} · cutover`));
  // A summary is a file that anybody may have written: only a verdict we know becomes a class.
  const tone = VERDICTS.find((verdict) => verdict === summary.verdict) ?? "error";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body class="${tone}">
${BODY}
${data.map((chunk, i) => `<script type="text/plain" id="chunk-${i}">${chunk}</script>`).join("\n")}
<script>${script}</script>
</body>
</html>
`;
}

const VERDICTS: readonly Verdict[] = ["pass", "fail", "inconclusive", "error"];

function fingerprint(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** The title is the one place where text stands in markup. */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Column titles; those that start with `>` stand over figures, to the right. */
function headings(titles: readonly string[]): string {
  const cells = titles.map((title) =>
    title.startsWith(">") ? `<th scope="col" class="num">${title.slice(1)}</th>` : `<th scope="col">${title}</th>`,
  );
  return `<thead><tr>${cells.join("")}</tr></thead>`;
}

const BODY = `<header class="top"><span class="brand">cutover</span><span>comparison report</span></header>
<main>
<section class="hero" aria-label="Verdict">
<div id="verdict"><noscript>This report needs JavaScript; it makes no request and its script is the only one allowed to run.</noscript></div>
<dl id="figures"></dl>
</section>
<section aria-labelledby="coverage-title">
<h2 id="coverage-title">Coverage <small>every request accounted for</small></h2>
<div id="sums" class="panel"></div>
</section>
<section aria-labelledby="models-title">
<h2 id="models-title">Models <small>those that need a look first</small></h2>
<div class="tools" role="search">
<label for="filter">Filter</label>
<input id="filter" type="search" placeholder="model, field, kind, cause" autocomplete="off" spellcheck="false" aria-describedby="filter-help">
<div class="choice" role="group" aria-label="Verdict">
<button type="button" data-verdict="" aria-pressed="true">all</button><button type="button" data-verdict="error" aria-pressed="false">error</button><button type="button" data-verdict="fail" aria-pressed="false">fail</button><button type="button" data-verdict="inconclusive" aria-pressed="false">inconclusive</button><button type="button" data-verdict="pass" aria-pressed="false">pass</button>
</div>
<span id="found" role="status"></span>
<span id="filter-help" class="muted hint"><kbd>/</kbd> filter <kbd>↑</kbd><kbd>↓</kbd> walk <kbd>Enter</kbd> open</span>
</div>
<div class="panel wide" role="region" aria-labelledby="models-title" tabindex="0"><table>
${headings(["Model", "Verdict", '><abbr title="pairs compared">n</abbr>', '><abbr title="mismatches">k</abbr>', ">Rate", "Against the limit", ">Bound", ">Limit", ">Coverage", ">Latency, p99"])}
<tbody id="models"></tbody></table>
<p id="models-none" class="none" hidden>No model matches the filter.</p></div>
<button type="button" id="models-more" class="more" data-more="models" hidden></button>
<p class="muted legend">Dot: rate seen. Bar: between the lower and the upper bound. Line: limit. The scale is logarithmic, 0.0001 % to 100 %.</p>
</section>
<section aria-labelledby="detail-title" class="detail">
<p id="all-models" hidden><a href="#" data-model="">← All models</a></p>
<h2 id="detail-title" tabindex="-1">All models</h2>
<div id="facts"></div>
<h3 id="groups-title">Differences <small>grouped by what they have in common</small></h3>
<div id="groups" class="cards"></div>
<p id="groups-none" class="none" hidden>No differences here.</p>
<button type="button" id="groups-more" class="more" data-more="groups" hidden></button>
<h3 id="fields-title">Fields <small>which rule judged what</small></h3>
<div class="panel wide" role="region" aria-labelledby="fields-title" tabindex="0"><table>
${headings(["Field", "Model", "Rule", '><abbr title="pairs compared">n</abbr>', '><abbr title="pairs in which the rule failed">k</abbr>', ">Rate", "", "Kinds", ">Ignored"])}
<tbody id="fields"></tbody></table>
<p id="fields-none" class="none" hidden>No field differs here.</p></div>
<button type="button" id="fields-more" class="more" data-more="fields" hidden></button>
</section>
<section aria-labelledby="settings-title">
<h2 id="settings-title">Settings and lineage</h2>
<div id="settings" class="panel"></div>
</section>
</main>`;
