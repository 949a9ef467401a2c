/** The report's one style sheet: system fonts, light and dark by preference, a layout for paper. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f5f2; --panel: #ffffff; --ink: #1d1d1b; --muted: #5d5c56; --line: #e3e1da; --soft: #efeee9;
  --accent: #1f5fa8; --bad: #b3261e; --good: #1b6e3e; --warn: #8a5300; --odd: #76308f; --base: #5b7ea6;
  --bad-tint: #fbe9e7; --good-tint: #e3f3e8; --warn-tint: #fbf0da; --odd-tint: #f5e8f9;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #151514; --panel: #1e1e1c; --ink: #ecebe6; --muted: #a9a79e; --line: #34332f; --soft: #282724;
    --accent: #8ab8ee; --bad: #ff8f84; --good: #74cf97; --warn: #ecb352; --odd: #d7a0ea; --base: #7fa3cc;
    --bad-tint: #3c1d1a; --good-tint: #17311f; --warn-tint: #372912; --odd-tint: #321d3a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 var(--sans); font-variant-numeric: tabular-nums; }
body.fail { --tone: var(--bad); --tint: var(--bad-tint); }
body.pass { --tone: var(--good); --tint: var(--good-tint); }
body.inconclusive { --tone: var(--warn); --tint: var(--warn-tint); }
body.error { --tone: var(--odd); --tint: var(--odd-tint); }
.top { display: flex; gap: .75rem; align-items: baseline; max-width: 1200px; margin: 0 auto; padding: 1.5rem 2rem 1rem; color: var(--muted); font-size: 13px; }
.brand { font-weight: 650; letter-spacing: .01em; color: var(--ink); font-size: 15px; }
main { max-width: 1200px; margin: 0 auto; padding: 0 2rem 5rem; }
section { margin-top: 3rem; }
h1, h2, h3 { line-height: 1.2; margin: 0; }
h2 { font-size: 21px; font-weight: 650; margin-bottom: 1rem; overflow-wrap: anywhere; }
h3 { font-size: 16px; font-weight: 650; margin: 2rem 0 .9rem; }
small { font-weight: 400; font-size: 14px; color: var(--muted); margin-left: .5rem; }
p { margin: 0; }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h2:focus { outline: none; }
code, .code, kbd { font-family: var(--mono); font-size: .92em; overflow-wrap: anywhere; unicode-bidi: isolate; }
.muted, .none { color: var(--muted); }
abbr { text-decoration: none; }

.hero { margin-top: 0; background: var(--panel); border: 1px solid var(--line); border-top: 6px solid var(--tone); border-radius: 12px; overflow: hidden; }
#verdict { padding: 2rem 2.25rem 1.75rem; }
h1 { font-size: 56px; font-weight: 700; letter-spacing: -.025em; color: var(--tone); line-height: 1; }
.meaning { font-size: 19px; margin-top: .8rem; }
.reasons { margin: 1.1rem 0 0; padding: 0; list-style: none; max-width: 62rem; }
.reasons li { padding: .3rem 0 .3rem 1.1rem; position: relative; overflow-wrap: anywhere; }
.reasons li::before { content: ""; position: absolute; left: 0; top: .85em; width: 6px; height: 6px; border-radius: 50%; background: var(--tone); }
.ready { margin-top: 1.25rem; display: flex; flex-wrap: wrap; gap: .45rem .6rem; align-items: center; }
.chip { background: var(--good-tint); color: var(--good); padding: .12rem .65rem; border-radius: 99px; font-size: 14px; text-decoration: none; overflow-wrap: anywhere; }
.chip:hover { text-decoration: underline; }
#figures { display: grid; grid-template-columns: repeat(4, 1fr); margin: 0; border-top: 1px solid var(--line); background: var(--line); gap: 1px; }
.figure { background: var(--panel); padding: 1.1rem 2.25rem 1.25rem; }
.figure dt { color: var(--muted); font-size: 13px; }
.figure dd { margin: .15rem 0 0; }
.figure b { display: block; font-size: 27px; font-weight: 620; letter-spacing: -.015em; line-height: 1.25; }
.figure span { font-size: 13px; color: var(--muted); }

.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem; }
.wide { padding: 0; overflow-x: auto; }
.sum + .sum { margin-top: 1.1rem; }
.sum .sign { color: var(--muted); } .wrong { color: var(--bad) !important; }
.sum .key { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: .4rem; }
.sum .part, .sum .muted { white-space: nowrap; }
.stack { display: block; width: 100%; height: 8px; border-radius: 4px; margin-top: .5rem; background: var(--soft); }
.base { fill: var(--base); background: var(--base); } .good { fill: var(--good); background: var(--good); }
.bad { fill: var(--bad); background: var(--bad); } .warn { fill: var(--warn); background: var(--warn); }
.soft { fill: var(--muted); background: var(--muted); }
#sums > .muted { margin-top: 1rem; font-size: 14px; }

.tools { display: flex; flex-wrap: wrap; gap: .6rem .9rem; align-items: center; margin-bottom: .9rem; }
.tools label { font-size: 14px; font-weight: 600; }
#filter { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--muted); border-radius: 7px; padding: .35rem .7rem; width: 17rem; max-width: 100%; }
#filter::placeholder { color: var(--muted); opacity: 1; }
#found { font-size: 14px; color: var(--muted); }
.hint { font-size: 13px; margin-left: auto; }
kbd { border: 1px solid var(--line); background: var(--panel); border-radius: 4px; padding: 0 .35em; margin: 0 .15em; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .25rem .7rem; cursor: pointer; }
button:hover { border-color: var(--muted); }
.choice { display: flex; } .choice button { border-radius: 0; margin-left: -1px; padding: .35rem .75rem; }
.choice button:first-child { border-radius: 7px 0 0 7px; margin: 0; } .choice button:last-child { border-radius: 0 7px 7px 0; }
.choice button[aria-pressed=true] { background: var(--ink); color: var(--page); border-color: var(--ink); }
.more { display: block; margin: 1rem auto 0; padding: .45rem 1.2rem; font-size: 14px; }

table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: .6rem .65rem; border-top: 1px solid var(--line); font-weight: 400; vertical-align: middle; }
thead th { border-top: 0; color: var(--muted); font-size: 12.5px; white-space: nowrap; }
th:first-child { padding-left: 1.5rem; } td:last-child, th:last-child { padding-right: 1.5rem; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 11rem; }
tbody th a { text-decoration: none; color: var(--ink); unicode-bidi: isolate; } tbody th a:hover { text-decoration: underline; }
tbody tr:hover { background: var(--soft); }
tr:has(a[aria-current=true]) { background: var(--soft); box-shadow: inset 4px 0 0 var(--accent); }
.num { text-align: right; white-space: nowrap; }
.under { display: block; font-size: 12.5px; color: var(--muted); }
.quiet { color: var(--muted); } .quiet th { font-weight: 400; }
.legend { font-size: 13px; margin-top: .7rem; }
.none { padding: 1.1rem 1.5rem; }
.small { width: auto; } .small th, .small td { border: 0; padding: .1rem 1.25rem .1rem 0 !important; min-width: 0; font-weight: 400; }

.badge { display: inline-block; font-size: 12.5px; font-weight: 620; padding: .08rem .6rem; border-radius: 99px; }
.badge.fail { color: var(--bad); background: var(--bad-tint); } .badge.pass { color: var(--good); background: var(--good-tint); }
.badge.inconclusive { color: var(--warn); background: var(--warn-tint); } .badge.error { color: var(--odd); background: var(--odd-tint); }
.chart { display: block; } .chart .axis { stroke: var(--line); stroke-width: 2; } .chart .limit { stroke: var(--ink); stroke-width: 2; }
.chart .range { opacity: .45; } .chart.fail .range, .chart.fail .dot { fill: var(--bad); } .chart.pass .range, .chart.pass .dot { fill: var(--good); }
.chart.inconclusive .range, .chart.inconclusive .dot { fill: var(--warn); } .chart.error .range, .chart.error .dot { fill: var(--odd); }
.proportion { display: block; } .proportion .track { fill: var(--line); } .proportion .fill { fill: var(--bad); }

#all-models { margin-bottom: .6rem; font-size: 14px; }
.detail { border-top: 1px solid var(--line); padding-top: 2.5rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.75rem; margin: 0; font-size: 14px; }
.facts dt { color: var(--muted); } .facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0; } .facts ul { margin: 0; padding: 0; list-style: none; }
.cards { display: grid; gap: 1rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1.4rem 1.5rem 1.1rem; min-width: 0; }
.card header { display: grid; grid-template-columns: 10rem 1fr; gap: 1.5rem; margin-bottom: 1.1rem; }
.card h3 { margin: 0 0 .4rem; font-size: 16px; overflow-wrap: anywhere; }
.times b { display: block; font-size: 27px; font-weight: 620; line-height: 1.1; letter-spacing: -.015em; }
.times span { display: block; font-size: 12.5px; color: var(--muted); margin: .2rem 0 .45rem; }
.traits { display: flex; flex-wrap: wrap; gap: .35rem .6rem; align-items: center; font-size: 13.5px; }
.kind, .trait { border-radius: 5px; padding: .05rem .5rem; background: var(--soft); overflow-wrap: anywhere; } .kind { color: var(--bad); background: var(--bad-tint); font-weight: 600; }
.cause { margin-top: .65rem; font-size: 16px; font-weight: 550; overflow-wrap: anywhere; }
.example { border-top: 1px solid var(--line); padding: .9rem 0; }
.where { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; font-size: 13px; color: var(--muted); margin-bottom: .45rem; }
.delta { color: var(--ink); }
.plain { border: 0; background: none; color: var(--muted); padding: 0; margin-left: auto; font-family: var(--mono); font-size: 12px; overflow-wrap: anywhere; text-align: right; }
.plain:hover { color: var(--ink); text-decoration: underline; }
.pair { display: grid; grid-template-columns: 1fr 1fr; grid-template-rows: auto auto; grid-auto-flow: column; gap: .15rem 1rem; margin: 0; }
.pair dt { font-size: 12px; color: var(--muted); }
.pair dd { margin: 0; padding: .5rem .75rem; border-radius: 6px; background: var(--soft); font: 13.5px/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; min-width: 0; }
mark { color: inherit; border-radius: 3px; padding: .08em 0; font-weight: 650; }
.old mark { background: var(--bad-tint); color: var(--bad); } .new mark { background: var(--good-tint); color: var(--good); }
.pair i { color: var(--muted); }
details summary { cursor: pointer; font-size: 13.5px; color: var(--accent); padding: .3rem 0; width: max-content; }
.card footer { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; font-size: 13px; padding-top: .3rem; }
.command { display: flex; gap: 1rem; align-items: center; justify-content: space-between; background: var(--soft); border-radius: 6px; padding: .4rem .5rem .4rem .9rem; margin-top: .6rem; }
.facts + .command { margin-top: 1.4rem; }

@media (max-width: 760px) {
  .top, main { padding-left: 1rem; padding-right: 1rem; }
  #verdict, .figure { padding-left: 1.25rem; padding-right: 1.25rem; }
  h1 { font-size: 42px; } #figures { grid-template-columns: 1fr 1fr; } .hint { display: none; }
  .card header, .facts { grid-template-columns: 1fr; } .facts { gap: .1rem; } .facts dd { margin-bottom: .6rem; }
  .pair { grid-template-columns: 1fr; grid-template-rows: none; grid-auto-flow: row; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --soft: #f4f3f0; }
  body { font-size: 11px; } main, .top { max-width: none; padding: 0; }
  .tools, .more, .legend, button { display: none !important; }
  .wide { overflow: visible; } .card, tr, .sum, .hero { break-inside: avoid; }
  h2, h3 { break-after: avoid; } table { font-size: 10px; } th, td { padding: .3rem .4rem; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
