/** The page: its measure, headings, first screen and controls. */
export const LAYOUT = `
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 5.75rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 var(--sans); font-variant-numeric: tabular-nums; }
.top, main, .keys { max-width: 1180px; margin: 0 auto; padding-left: 2rem; padding-right: 2rem; }
.top { display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: baseline; padding-top: 1.1rem; padding-bottom: .9rem; color: var(--muted); font-size: 13px; }
.brand { font-weight: 680; letter-spacing: .01em; color: var(--ink); font-size: 15px; }
#lineage { overflow-wrap: anywhere; min-width: 0; } .top nav { margin-left: auto; display: flex; flex-wrap: wrap; gap: 1.1rem; }
section { margin-top: 2.75rem; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
h2 { font-size: 20px; margin-bottom: .9rem; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 2.1rem 0 .8rem; }
h4 { font-size: 15.5px; }
.heading { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
small { font-weight: 400; font-size: 14px; color: var(--muted); margin-left: .4rem; }
p, ul, ol, dl, dd, figure { margin: 0; padding: 0; } ul, ol { list-style: none; }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
#detail-title { scroll-margin-top: 2.5rem; } h2:focus, h3:focus { outline: none; }
code, .code, kbd { font-family: var(--mono); font-size: .92em; overflow-wrap: anywhere; unicode-bidi: isolate; }
.muted, .none { color: var(--muted); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.hero { margin-top: 0; background: var(--panel); border: 1px solid var(--line); border-top: 5px solid var(--tone); border-radius: 12px; overflow: hidden; display: grid; grid-template-columns: minmax(0, 1.35fr) minmax(0, 1fr); }
#verdict { padding: 1.6rem 2rem 1.5rem; }
h1 { font-size: 50px; font-weight: 720; letter-spacing: -.025em; color: var(--tone); line-height: 1; }
.meaning { font-size: 18px; margin-top: .7rem; text-wrap: balance; }
.reasons { margin-top: .9rem; }
.reasons li { padding: .2rem 0 .2rem 1.05rem; position: relative; overflow-wrap: anywhere; }
.reasons li::before { content: ""; position: absolute; left: 0; top: .8em; width: 6px; height: 6px; border-radius: 50%; background: var(--tone); }
.ready { margin-top: 1rem; display: flex; flex-wrap: wrap; gap: .35rem .5rem; align-items: center; }
.chip { background: var(--good-tint); color: var(--good); padding: .1rem .6rem; border-radius: 99px; font-size: 13.5px; text-decoration: none; overflow-wrap: anywhere; }
.chip:hover { text-decoration: underline; }
#next { background: var(--soft); padding: 1.6rem 2rem 1.5rem; border-left: 1px solid var(--line); }
#next h2 { font-size: 15px; margin-bottom: .6rem; }
#next li + li { margin-top: .75rem; } #next .why { display: block; font-size: 13.5px; margin-bottom: .2rem; }
.command { display: flex; gap: .8rem; align-items: center; justify-content: space-between; background: var(--panel); border: 1px solid var(--line); border-radius: 7px; padding: .25rem .3rem .25rem .7rem; font-size: 13px; }
.command code { min-width: 0; }
#figures { grid-column: 1 / -1; display: grid; grid-template-columns: repeat(4, 1fr); border-top: 1px solid var(--line); background: var(--line); gap: 1px; }
.figure { background: var(--panel); padding: .8rem 2rem .9rem; }
.figure dt { color: var(--muted); font-size: 13px; }
.figure b { display: block; font-size: 24px; font-weight: 640; letter-spacing: -.015em; line-height: 1.3; }
.figure span { font-size: 13px; color: var(--muted); }

.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .5rem .8rem; align-items: center; margin: 2.2rem -.75rem -1.6rem; padding: .65rem .75rem; background: var(--page); border-bottom: 1px solid var(--line); }
.tools label { font-size: 14px; font-weight: 620; }
#filter, select { font: inherit; font-size: 14px; color: inherit; background: var(--panel); border: 1px solid var(--muted); border-radius: 7px; padding: .3rem .65rem; max-width: 100%; }
#filter { width: 15rem; } #filter::placeholder { color: var(--muted); opacity: 1; }
#found { font-size: 13.5px; color: var(--muted); margin-left: auto; }
kbd { border: 1px solid var(--line); background: var(--panel); border-radius: 4px; padding: 0 .4em; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .2rem .65rem; cursor: pointer; }
button:hover { border-color: var(--muted); }
.plain { border: 0; background: none; color: var(--accent); padding: .2rem 0; } .plain:hover { text-decoration: underline; }
.choice { display: flex; } .choice:empty { display: none; } .choice button { border-radius: 0; margin-left: -1px; padding: .3rem .7rem; }
.choice button:first-child { border-radius: 7px 0 0 7px; margin: 0; } .choice button:last-child { border-radius: 0 7px 7px 0; }
.choice button[aria-pressed=true] { background: var(--ink); color: var(--page); border-color: var(--ink); }
.more { display: block; margin: 1rem auto 0; padding: .4rem 1.2rem; font-size: 14px; }
.keys { margin-top: 3rem; padding-top: 1rem; padding-bottom: 3rem; color: var(--muted); font-size: 13px; display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; }
.keys h2 { font-size: 13px; margin: 0; } .keys ul { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; }
details summary { cursor: pointer; font-size: 13.5px; color: var(--accent); padding: .3rem 0; width: max-content; max-width: 100%; }
`;
