/** How the page of a batch looks: light and dark, on a desk and on a phone. */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --ground: #fff; --panel: #f5f6f8; --line: #d4d9df; --text: #15191e; --muted: #55606c;
  --changed: #2c62a8; --reached: #7da3d6; --injected: #bfd2eb; --refused: #dcc7a4;
  --held: #17713a; --broken: #b8251a; --vacuous: #865800; --interrupted: #55606c; --on-verdict: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121518; --panel: #1b2025; --line: #363e47; --text: #e7eaed; --muted: #a0abb6;
    --changed: #7fb2f2; --reached: #4577b4; --injected: #2d4a6e; --refused: #77613a;
    --held: #56c878; --broken: #ff8377; --vacuous: #e6ae48; --interrupted: #a0abb6; --on-verdict: #101214;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 70rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, h3, p, figure, dl, ul { margin: 0; }
h1 { font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
h2 { margin: 2.75rem 0 .25rem; font-size: 1.25rem; }
h3 { font-size: 1rem; overflow-wrap: anywhere; }
code { font: .875em/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.note, figcaption, dt, .place { color: var(--muted); font-size: .875rem; }
header { padding: 1.25rem 1.5rem; background: var(--panel); border-left: .5rem solid var(--verdict); border-radius: .25rem; }
header h1 { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.verdict { padding: .125rem .75rem; background: var(--verdict); color: var(--on-verdict); border-radius: 1rem; font-weight: 700; }
.verdict b::first-letter { text-transform: uppercase; } .verdict b { display: inline-block; }
.headline { margin: .75rem 0 0; font-size: 1.125rem; }
header ul { margin-top: .5rem; padding-left: 1.25rem; }
.held { --verdict: var(--held); } .broken { --verdict: var(--broken); }
.vacuous, .not-deterministic { --verdict: var(--vacuous); } .interrupted { --verdict: var(--interrupted); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem 1.5rem; margin-top: 1.25rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.failure { margin-top: 1rem; padding: 1rem 1.25rem; border: 1px solid var(--line); border-left: .25rem solid var(--broken); border-radius: .25rem; }
.failure > p { margin-top: .375rem; overflow-wrap: anywhere; }
.failure .count { font-weight: 600; }
.command { display: block; margin-top: .5rem; padding: .5rem .75rem; background: var(--panel); border-radius: .25rem; user-select: all; }
li .command { margin: .25rem 0; }
details { margin-top: .75rem; }
summary { width: fit-content; padding: .25rem 0; color: var(--muted); font-size: .875rem; cursor: pointer; }
pre { margin: .5rem 0; max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem; }
.failure p { overflow-wrap: anywhere; }
details ul { padding: 0; list-style: none; }
:focus-visible { outline: 2px solid var(--changed); outline-offset: 2px; }
svg { display: block; width: 100%; }
.plot { height: 11rem; background: var(--panel); } .area { fill: var(--injected); }
.line, .median { fill: none; vector-effect: non-scaling-stroke; }
.line { stroke: var(--changed); stroke-width: 2; } .median { stroke: var(--text); stroke-dasharray: 3 2; }
.axis { display: flex; justify-content: space-between; gap: .5rem; color: var(--muted); font-size: .8125rem; font-variant-numeric: tabular-nums; }
.histogram { height: 4rem; border-bottom: 1px solid var(--line); } .bars { fill: var(--reached); }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1.5rem 1.25rem; margin-top: 1rem; }
.grid figcaption { margin-bottom: .25rem; line-height: 1.35; overflow-wrap: anywhere; } figcaption b { color: var(--text); font-weight: 500; }
.grid figure { display: flex; flex-direction: column; justify-content: flex-end; }
.always { display: flex; align-items: center; height: 4rem; color: var(--muted); border-bottom: 1px solid var(--line); }
.bar { height: .875rem; background: var(--panel); }
rect.changed { fill: var(--changed); } rect.reached { fill: var(--reached); }
rect.injected { fill: var(--injected); } rect.refused { fill: var(--refused); } rect.failing { fill: var(--broken); }
a { color: inherit; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 .75rem; padding: 0; list-style: none; font-size: .875rem; }
.legend svg { display: inline-block; width: .875rem; height: .875rem; margin-right: .375rem; vertical-align: -.125rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; font-weight: 400; }
th:first-child { text-align: left; overflow-wrap: anywhere; } thead th { color: var(--muted); font-weight: 600; }
table.chart { width: 100%; margin-top: .75rem; table-layout: fixed; } .chart thead th:nth-child(2) { text-align: left; } .chart th:first-child { width: 34%; } .chart th:last-child { width: 24%; }
.chart td:last-child, .chart th:last-child { padding-right: 0; }
.flag { color: var(--vacuous); font-weight: 600; } .tag { color: var(--muted); }
.scroll { overflow-x: auto; }
footer { margin-top: 3rem; color: var(--muted); font-size: .875rem; }
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 3rem; } header { padding: 1rem; }
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); } .facts .wide { grid-column: 1 / -1; }
  .chart th:first-child { width: 42%; } .chart th:last-child { width: 30%; }
}
@media print { details::details-content { content-visibility: visible; } }
`;
