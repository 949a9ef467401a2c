/** Colours and type: system fonts, light and dark by preference; every pair of text and ground has 4.5 to 1. */
export const TOKENS = `
:root {
  color-scheme: light dark;
  --page: #f7f6f3; --panel: #ffffff; --ink: #1c1c1a; --muted: #5c5b55; --line: #e4e2db; --soft: #f1f0eb;
  --accent: #1a5a9e; --bad: #a8251c; --good: #17683a; --warn: #825000; --odd: #6f2e87; --base: #5b7ea6;
  --bad-tint: #fbe8e5; --good-tint: #e0f2e6; --warn-tint: #fbefd6; --odd-tint: #f4e7f8; --accent-tint: #e8f0f9;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #141413; --panel: #1c1c1a; --ink: #ecebe6; --muted: #a8a69d; --line: #33322e; --soft: #262522;
    --accent: #8fbcf0; --bad: #ff8d82; --good: #79d29b; --warn: #ecb554; --odd: #d9a4ec; --base: #7fa3cc;
    --bad-tint: #3d1e1b; --good-tint: #183221; --warn-tint: #382a13; --odd-tint: #331e3b; --accent-tint: #1b2a3b;
  }
}
body.fail { --tone: var(--bad); --tint: var(--bad-tint); }
body.pass { --tone: var(--good); --tint: var(--good-tint); }
body.inconclusive { --tone: var(--warn); --tint: var(--warn-tint); }
body.error { --tone: var(--odd); --tint: var(--odd-tint); }
`;
