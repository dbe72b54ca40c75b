/** How the page looks: light and dark, on a desk and on a phone. */
export const STORAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --ground: #fff; --panel: #f5f6f8; --line: #d4d9df; --text: #15191e; --muted: #55606c;
  --first: #2c62a8; --second: #c2700c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121518; --panel: #1b2025; --line: #363e47; --text: #e7eaed; --muted: #a0abb6;
    --first: #7fb2f2; --second: #e9a34c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, p, dl, ul { margin: 0; }
h1 { font-size: 1.25rem; font-weight: 600; }
h2 { margin: 2.75rem 0 .25rem; font-size: 1.25rem; }
.note, dt { color: var(--muted); font-size: .875rem; }
header { padding: 1.25rem 1.5rem; background: var(--panel); border-radius: .25rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem 1.5rem; margin-top: 1rem; }
.facts dd { margin: 0; }
.legend { display: flex; gap: 1.25rem; margin-top: 1rem; padding: 0; list-style: none; }
.key { display: inline-block; width: .875rem; height: .875rem; margin-right: .375rem; vertical-align: -.125rem; }
.key.engine-0 { background: var(--first); } .key.engine-1 { background: var(--second); }
rect.engine-0 { fill: var(--first); } rect.engine-1 { fill: var(--second); }
@media (forced-colors: active) { .key, rect { forced-color-adjust: none; } }
.beside { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem 2.5rem; margin-top: 1rem; align-items: start; }
.row { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr) 5.5rem; gap: .75rem; align-items: center; padding: .375rem 0; border-bottom: 1px solid var(--line); }
.row b { font-weight: 400; font-size: .875rem; }
.row svg { display: block; width: 100%; height: 2.25rem; background: var(--panel); }
.values { display: flex; flex-direction: column; font-size: .8125rem; line-height: 1.125rem; text-align: right; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; font-weight: 400; white-space: nowrap; }
th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; } thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; white-space: normal; }
.scroll { overflow-x: auto; }
:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
footer { margin-top: 3rem; color: var(--muted); font-size: .875rem; }
@media (max-width: 60rem) { .beside { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) { body { padding: 1rem 1rem 3rem; } .row { grid-template-columns: 7rem minmax(0, 1fr) 4.5rem; } }
@media print { .row, tr { break-inside: avoid; } }
`;
