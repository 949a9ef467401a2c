/** The page around its data: policy, places that the script fills, and how it is used without a mouse. */
import { createHash } from "node:crypto";
import type { Summary, Verdict } from "../../summary.ts";
import { verdictName } from "../order.ts";
import { visible } from "../text.ts";
import { pageScript } from "./client/script.ts";
import { PAGE_STYLE } from "./style/style.ts";

/** `data` are the packed chunks: base64, so that no character of them can end a script or open a tag. */
export function frame(summary: Summary, data: readonly string[]): string {
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

const MODEL_TITLES = [
  "Model",
  "Verdict",
  ">Pairs",
  ">Differ",
  ">Rate",
  "Against the limit",
  ">Bound",
  ">Limit",
  ">Coverage",
  ">Latency, p99",
];

function jump(id: string, text: string): string {
  return `<button type="button" class="plain" data-jump="${id}">${text}</button>`;
}

const BODY = `<header class="top"><span class="brand">cutover</span><span id="lineage"></span>
<nav aria-label="Sections">${jump("causes-title", "Causes")}${jump("models-title", "Models")}${jump("fields-title", "Fields")}${jump("groups-title", "Differences")}${jump("settings-title", "Settings")}</nav></header>
<main>
<section class="hero" aria-label="Verdict">
<div id="verdict"><noscript>This report needs JavaScript; it makes no request and its script is the only one allowed to run.</noscript></div>
<div id="next"></div>
<dl id="figures"></dl>
</section>
<section aria-labelledby="causes-title">
<h2 id="causes-title" tabindex="-1">What explains it</h2>
<div id="causes" class="panel"></div>
</section>
<div class="tools" role="search" aria-label="Filter models, fields and differences">
<label for="filter">Filter</label>
<input id="filter" type="search" placeholder="model, field, cause …" autocomplete="off" spellcheck="false">
<div class="choice" role="group" aria-label="Verdict of the model" id="verdicts"></div>
<label for="kind" class="unseen">Kind of difference</label><select id="kind"></select>
<label for="change" class="unseen">Against the other run</label><select id="change" hidden></select>
<button type="button" class="plain" id="clear">Clear</button>
<span id="found" role="status"></span>
</div>
<section aria-labelledby="models-title">
<h2 id="models-title" tabindex="-1">Models <small>those that need a look first</small></h2>
<div class="panel wide" role="region" aria-label="Table of models" tabindex="0"><table class="models">
${headings(MODEL_TITLES)}
<tbody id="models"></tbody></table>
<p id="models-none" class="none" hidden>No model matches the filter.</p></div>
<button type="button" id="models-more" class="more" data-more="models" hidden></button>
<p class="muted legend">Dot: rate seen. Bar: from the lower to the upper bound. Line: limit. The scale is logarithmic, 0.0001 % to 100 %.</p>
</section>
<section aria-labelledby="detail-title" class="detail">
<p id="all-models" hidden><a href="#">← All models</a></p>
<h2 id="detail-title" tabindex="-1">All models</h2>
<div id="facts"></div>
<div class="heading"><h3 id="fields-title" tabindex="-1">Fields <small>which rule judged what</small></h3>
<button type="button" id="fields-all" hidden></button></div>
<div class="panel wide" role="region" aria-label="Table of fields" tabindex="0"><table>
<thead id="field-head"></thead>
<tbody id="fields"></tbody></table>
<p id="fields-none" class="none" hidden>No field matches.</p></div>
<button type="button" id="fields-more" class="more" data-more="fields" hidden></button>
<h3 id="groups-title" tabindex="-1">Differences <small>grouped by what they have in common</small></h3>
<div id="against"></div>
<p id="groups-note" class="muted"></p>
<div id="flips"></div>
<div id="groups" class="cards"></div>
<p id="groups-none" class="none" hidden>No differences here.</p>
<button type="button" id="groups-more" class="more" data-more="groups" hidden></button>
<div id="fixed-part" hidden>
<h3 id="fixed-title" tabindex="-1">Fixed <small>differences of the other run that are gone</small></h3>
<p id="fixed-note" class="muted"></p>
<ul id="fixed" class="panel"></ul>
<p id="fixed-none" class="none" hidden>Nothing was fixed here.</p>
<button type="button" id="fixed-more" class="more" data-more="fixed" hidden></button>
</div>
</section>
<section aria-labelledby="settings-title">
<h2 id="settings-title" tabindex="-1">Settings and lineage</h2>
<h3>Every request accounted for</h3>
<div id="sums" class="panel"></div>
<h3>What was judged</h3>
<div id="settings" class="panel"></div>
</section>
</main>
<footer class="keys"><h2>Keys</h2>
<ul><li><kbd>/</kbd> filter</li><li><kbd>↑</kbd> <kbd>↓</kbd> along models or differences</li><li><kbd>Enter</kbd> open</li><li><kbd>Esc</kbd> one step back</li><li><kbd>Tab</kbd> to everything else</li></ul></footer>
<p id="said" class="unseen" role="status"></p>`;
