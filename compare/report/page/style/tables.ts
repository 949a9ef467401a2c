/** Panels, tables, and the small charts that stand in their rows. */
export const TABLES = `
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem; }
.wide { padding: 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: .5rem .6rem; border-top: 1px solid var(--line); font-weight: 400; vertical-align: middle; }
thead th, thead td { border-top: 0; color: var(--muted); font-size: 12.5px; white-space: nowrap; }
th:first-child { padding-left: 1.5rem; } td:last-child, th:last-child { padding-right: 1.5rem; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 11rem; }
tbody th a { text-decoration: none; color: var(--ink); unicode-bidi: isolate; } tbody th a:hover { text-decoration: underline; }
.wide tbody tr:hover { background: var(--soft); }
tr:has(a[aria-current=true]) { background: var(--accent-tint); box-shadow: inset 4px 0 0 var(--accent); }
.num { text-align: right; white-space: nowrap; }
#groups-note:not(:empty) { margin-bottom: .9rem; font-size: 14px; }
.quiet { color: var(--muted); } .quiet th, .branch th { font-weight: 400; color: var(--muted); }
.above { color: var(--muted); font-weight: 400; }
.level-1 { padding-left: 2.6rem !important; } .level-2 { padding-left: 3.7rem !important; } .level-3 { padding-left: 4.8rem !important; }
.level-4 { padding-left: 5.9rem !important; } .level-5 { padding-left: 7rem !important; } .level-6 { padding-left: 8.1rem !important; }
.legend { font-size: 13px; margin-top: .6rem; }
.none { padding: 1rem 1.5rem; }
.small { width: auto; } .small th, .small td { border: 0; padding: .1rem 1.25rem .1rem 0 !important; min-width: 0; font-weight: 400; }

.badge { display: inline-block; font-size: 12.5px; font-weight: 620; padding: .05rem .6rem; border-radius: 99px; }
.badge.fail { color: var(--bad); background: var(--bad-tint); } .badge.pass { color: var(--good); background: var(--good-tint); }
.badge.inconclusive { color: var(--warn); background: var(--warn-tint); } .badge.error { color: var(--odd); background: var(--odd-tint); }
.chart { display: block; } .chart .axis { stroke: var(--line); stroke-width: 2; } .chart .limit { stroke: var(--ink); stroke-width: 2; }
.chart .range { opacity: .45; } .chart.fail .range, .chart.fail .dot { fill: var(--bad); } .chart.pass .range, .chart.pass .dot { fill: var(--good); }
.chart.inconclusive .range, .chart.inconclusive .dot { fill: var(--warn); } .chart.error .range, .chart.error .dot { fill: var(--odd); }
.proportion { display: block; width: 80px; height: 6px; border-radius: 3px; } .proportion .track { fill: var(--line); } .proportion .fill { fill: var(--bad); }

.sum + .sum { margin-top: 1rem; }
.sum .sign { color: var(--muted); } .wrong { color: var(--bad) !important; }
.sum .key { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: .4rem; }
.sum .part, .sum .muted { white-space: nowrap; }
.stack { display: block; width: 100%; height: 8px; border-radius: 4px; margin-top: .4rem; background: var(--soft); }
.base { fill: var(--base); background: var(--base); } .good { fill: var(--good); background: var(--good); }
.bad { fill: var(--bad); background: var(--bad); } .warn { fill: var(--warn); background: var(--warn); }
.soft { fill: var(--muted); background: var(--muted); }
#sums > .muted { margin-top: 1rem; font-size: 14px; }

#all-models { margin-bottom: .5rem; font-size: 14px; }
.detail { border-top: 1px solid var(--line); padding-top: 2rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.75rem; font-size: 14px; }
.facts dt { color: var(--muted); } .facts dd { overflow-wrap: anywhere; min-width: 0; }
.facts + p { margin-top: 1.2rem; } #settings p + p { margin-top: .6rem; } #settings .command { background: var(--soft); }
.flips { margin: .4rem 0 1.4rem; font-size: 14px; } .flips figcaption { margin-bottom: .5rem; color: var(--muted); } .flips b { color: var(--ink); }
.scrolls { overflow-x: auto; width: max-content; max-width: 100%; }
.matrix { width: auto; font-size: 13.5px; } .matrix th, .matrix td { border: 1px solid var(--page); padding: .3rem .8rem !important; min-width: 0; font-family: var(--mono); background: var(--soft); }
.matrix thead td { background: none; } .matrix th { font-weight: 600; white-space: nowrap; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
.matrix .shade-1 { background: color-mix(in srgb, var(--bad) 8%, var(--panel)); } .matrix .shade-2 { background: color-mix(in srgb, var(--bad) 14%, var(--panel)); }
.matrix .shade-3 { background: color-mix(in srgb, var(--bad) 20%, var(--panel)); } .matrix .shade-4 { background: color-mix(in srgb, var(--bad) 26%, var(--panel)); }
.matrix .shade-5 { background: color-mix(in srgb, var(--bad) 32%, var(--panel)); font-weight: 700; }
`;
