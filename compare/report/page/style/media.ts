/** Narrow screens, paper, and readers who want less motion or more contrast. */
export const MEDIA = `
@media (prefers-reduced-motion: no-preference) { .toggle::before { transition: rotate .12s; } }
@media (prefers-contrast: more) { :root { --line: currentColor; --muted: var(--ink); } }
@media (forced-colors: active) { mark { forced-color-adjust: none; } .scatter .data, .errors .data { stroke: CanvasText; } }
@media screen and (max-width: 860px) {
  .hero { grid-template-columns: minmax(0, 1fr); } #next { border-left: 0; border-top: 1px solid var(--line); }
  .tools { position: static; margin-bottom: -1.2rem; } html { scroll-padding-top: 1rem; }
}
@media screen and (max-width: 640px) {
  .top, main, .keys { padding-left: 1rem; padding-right: 1rem; } .top nav { margin-left: 0; }
  #verdict, #next, .figure { padding-left: 1.1rem; padding-right: 1.1rem; }
  h1 { font-size: 40px; } #figures { grid-template-columns: 1fr 1fr; }
  .causes > li, .card header, .facts, .line, .chartbox { grid-template-columns: minmax(0, 1fr); } .causes > li, .card header { gap: .5rem; }
  .card header, .panel:not(.wide) { padding-left: 1.1rem; padding-right: 1.1rem; } .body { padding-left: 1.1rem; padding-right: 1.1rem; }
  .facts { gap: 0; } .facts dd { margin-bottom: .5rem; } .chartbox figcaption { grid-column: 1; grid-row: auto; }
  .times { display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; } .times b { font-size: 20px; } .times span { margin: 0; }
  .aligned .line code { white-space: pre-wrap; } .gap { display: none; }
  .chartbox .ends { width: 152px; } .legend { display: none; }
  .models td:nth-child(3), .models th:nth-child(3), .models .scale, .models th:nth-child(6), .models td:nth-child(7), .models th:nth-child(7), .models td:nth-child(9), .models th:nth-child(9), .models td:nth-child(10), .models th:nth-child(10) { display: none; }
  .wide tbody th { min-width: 7.5rem; } th:first-child { padding-left: 1.1rem; } #found { margin-left: 0; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --panel: #fff; --ink: #000; --muted: #444; --line: #ccc; --soft: #f4f3f0;
    --accent: #1a5a9e; --bad: #a8251c; --good: #17683a; --warn: #825000; --odd: #6f2e87; --base: #5b7ea6;
    --bad-tint: #fbe8e5; --good-tint: #e0f2e6; --warn-tint: #fbefd6; --odd-tint: #f4e7f8; --accent-tint: #e8f0f9; }
  /* Paper is narrower than a screen, and its letters finer: all of the page, smaller. */
  body { zoom: .7; } main, .top { max-width: none; padding: 0; } section { margin-top: 2rem; }
  .tools, .more, .keys, .top nav, .actions, #all-models, #fields-all, button:not(.toggle), details summary { display: none !important; }
  .toggle::before { display: none; } .wide { overflow: hidden; } .card.open { border-color: var(--line); } .card, tr, .sum, .hero, .causes li, .example { break-inside: avoid; }
  h2, h3 { break-after: avoid; } th, td { padding: .35rem .4rem; } .wide tbody th { min-width: 7rem; } .asked code { max-height: none; }
  .aligned .line code { white-space: pre-wrap; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
