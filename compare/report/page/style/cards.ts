/** Causes and groups: cards with their figures, examples and drawings. */
export const CARDS_STYLE = `
.times b { display: block; font-size: 24px; font-weight: 640; line-height: 1.15; letter-spacing: -.015em; }
.times span { display: block; font-size: 12.5px; color: var(--muted); margin: .1rem 0 .4rem; }
.causes > li { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 1.5rem; }
.causes > li + li { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; }
.causes .text { font-size: 17px; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; text-wrap: pretty; }
.basis { font-size: 13.5px; margin-top: .15rem; overflow-wrap: anywhere; }
.links { display: flex; flex-wrap: wrap; gap: .35rem .6rem; align-items: center; font-size: 13.5px; margin-top: .5rem; }
.links > a:not(.chip) { font-weight: 600; overflow-wrap: anywhere; }
.links .chip { background: var(--accent-tint); color: var(--accent); }

.cards { display: grid; gap: .7rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; min-width: 0; }
.card.open { border-color: var(--accent); }
.card header { position: relative; display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 1.5rem; padding: 1rem 1.5rem; border-radius: 10px; }
.card header:hover { background: var(--soft); }
.toggle { border: 0; background: none; padding: 0; font: inherit; font-weight: 650; text-align: left; overflow-wrap: anywhere; }
.toggle::before { content: "›"; display: inline-block; width: 1.1rem; color: var(--muted); font-family: var(--sans); font-weight: 400; }
.toggle[aria-expanded=true]::before { rotate: 90deg; translate: -.35rem .1rem; }
.toggle::after { content: ""; position: absolute; inset: 0; border-radius: 10px; }
.toggle:focus-visible { outline: none; } .toggle:focus-visible::after { outline: 2px solid var(--accent); outline-offset: -2px; }
.traits { display: flex; flex-wrap: wrap; gap: .3rem .5rem; align-items: center; font-size: 13.5px; margin-top: .3rem; overflow-wrap: anywhere; }
.kind, .trait { border-radius: 5px; padding: 0 .5rem; background: var(--soft); min-width: 0; } .kind { color: var(--bad); background: var(--bad-tint); font-weight: 600; }
.trait.waived, .trait.fixed { color: var(--good); background: var(--good-tint); }
.trait.new { color: var(--odd); background: var(--odd-tint); font-weight: 600; } .trait.flaky { color: var(--warn); background: var(--warn-tint); }
#against { font-size: 14px; margin-bottom: .9rem; } #against:empty { display: none; } #against p:first-child { font-size: 15px; font-weight: 580; }
#fixed li { display: flex; flex-wrap: wrap; gap: .2rem .9rem; align-items: baseline; font-size: 13.5px; padding: .45rem 0; overflow-wrap: anywhere; } #fixed li + li { border-top: 1px solid var(--line); }
#fixed b { min-width: 3.2rem; } #fixed:empty { display: none; } #fixed li > :last-child { margin-left: auto; }
.cause { margin-top: .45rem; font-weight: 580; overflow-wrap: anywhere; } .cause + .cause { margin-top: .1rem; }
.glance { margin-top: .5rem; font-size: 13px; color: var(--muted); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.body { padding: 0 1.5rem 1.1rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.body .facts { font-size: 13.5px; border-top: 1px solid var(--line); padding-top: .9rem; }
.drawings { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
.chartbox { display: grid; grid-template-columns: 152px minmax(0, 15rem); gap: 0 1rem; font-size: 13px; }
.chartbox figcaption { color: var(--muted); grid-column: 2; grid-row: 1; align-self: center; } .chartbox figcaption b { display: block; color: var(--ink); }
.drawing { width: 152px; height: 152px; display: block; } .drawing .frame { fill: var(--soft); } .drawing .guide { stroke: var(--muted); stroke-width: .75; stroke-dasharray: 3 3; }
.drawing .data { fill: none; stroke: var(--accent); stroke-linecap: round; stroke-linejoin: round; } .scatter .data { stroke-width: 4.5; opacity: .75; } .errors .data { stroke-width: 2; }
.ends { display: flex; justify-content: space-between; color: var(--muted); font-size: 11.5px; grid-column: 1; }
.example { border-top: 1px solid var(--line); padding: .8rem 0; } .examples li:last-child { padding-bottom: 0; }
.where { display: flex; flex-wrap: wrap; gap: .2rem .9rem; align-items: baseline; font-size: 13.5px; margin-bottom: .45rem; min-width: 0; }
.where b { font-weight: 620; } .where button:first-of-type { margin-left: auto; }
.line { display: grid; grid-template-columns: 5.4rem minmax(0, 1fr); align-items: baseline; background: var(--soft); padding: .22rem .75rem; font-size: 13.5px; }
.diff .line:first-child { border-radius: 6px 6px 0 0; padding-top: .4rem; } .diff .line:last-child { border-radius: 0 0 6px 6px; padding-bottom: .4rem; }
.line code { white-space: pre-wrap; font-size: 13.5px; line-height: 1.5; } .aligned .line code { white-space: pre; overflow-x: clip; }
.side { color: var(--muted); font-size: 12.5px; }
.asked { background: none; padding-top: .35rem; padding-bottom: 0; } .asked code { color: var(--muted); font-size: 13px; max-height: 9.5em; overflow: hidden; }
mark { color: inherit; border-radius: 3px; font-weight: 650; } .line i, .glance i { color: var(--muted); }
.old mark { background: var(--bad-tint); color: var(--bad); text-decoration: underline dotted 1px; text-underline-offset: 3px; } .new mark { background: var(--good-tint); color: var(--good); }
.gap { user-select: none; background: repeating-linear-gradient(135deg, transparent 0 4px, var(--line) 4px 5px); border-radius: 3px; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; font-size: 13px; border-top: 1px solid var(--line); padding-top: .9rem; }
`;
