/** The sections of the page that draw something, each with its figures in a table. */
import { ALL_FAULT_KINDS, FAULT_STATES, type FaultCounts } from "#sim/faults/index.js";
import { duration, thousands, threeDigits } from "../format.js";
import { marksOf } from "../summary.js";
import type { BatchTally, Figure } from "../tally.js";
import { binsOf, rateSpans } from "./bins.js";
import { histogramChart, logShare, rateChart, stackedBar, type Segment } from "./charts.js";
import type { BatchFacts } from "./facts.js";
import type { HistogramData } from "../histogram.js";
import { breakable, markup, type Content, type Markup } from "./markup.js";
import { foldedTable, table } from "./page-tables.js";

const MOST_BINS = 28;

/** Seeds per second over the time of the batch. */
export function rateSection(tally: BatchTally, facts: BatchFacts): Markup {
  const spans = rateSpans(facts.rate, facts.wallMs);
  if (spans.length === 0) return markup``;
  const most = Math.max(...spans.map(({ perSecond }) => perSecond));
  const least = Math.min(...spans.map(({ perSecond }) => perSecond));
  const mean = (tally.seeds * 1_000) / Math.max(facts.wallMs, 1);
  const label = `Seeds per second: ${threeDigits(mean)} on average, from ${threeDigits(least)} to ${threeDigits(most)}`;
  const rows = spans.map(({ fromMs, untilMs, seeds, perSecond }) => [
    `${seconds(fromMs)} to ${seconds(untilMs)}`,
    thousands(seeds),
    threeDigits(perSecond),
  ]);
  return markup`<section aria-labelledby="rate">
<h2 id="rate">Seeds per second</h2>
<figure><figcaption>${threeDigits(mean)} on average</figcaption>
<div class="axis" aria-hidden="true"><span>${threeDigits(most)} seeds/s</span></div>
${rateChart(spans, most, label)}
<div class="axis" aria-hidden="true"><span>0 s</span><span>${seconds(spans.at(-1)!.untilMs)}</span></div>
</figure>
${foldedTable("Seeds by time", ["time", "seeds", "per second"], rows)}</section>
`;
}

function seconds(timeMs: number): string {
  return timeMs === 0 ? "0 s" : duration(Math.round(timeMs * 1_000));
}

/** What became of the faults of each kind. */
export function faultSection(tally: BatchTally): Markup {
  const { enabled, faults } = tally.coverage;
  const kinds = ALL_FAULT_KINDS.filter((kind) => enabled[kind] !== undefined);
  if (kinds.length === 0) return markup``;
  const none: FaultCounts = { planned: 0, refused: 0, injected: 0, reached: 0, changed: 0 };
  const bars = kinds.map((kind): Content[] => {
    const counts = faults[kind] ?? none;
    const { planned, changed } = counts;
    const text = `${thousands(changed)} of ${thousands(planned)}`;
    const isIdle = changed === 0;
    return [
      kind,
      stackedBar(faultSegments(counts), planned),
      isIdle ? markup`<span class="flag">⚠ ${text}</span>` : text,
    ];
  });
  const rows = kinds.map((kind) => [
    kind,
    thousands(enabled[kind]!),
    ...FAULT_STATES.map((state) => thousands((faults[kind] ?? none)[state])),
  ]);
  const legend = LEGEND.map(
    ([className, text]) => markup`<li>${stackedBar([[className, 1]], 1)}${text}</li>`,
  );
  return markup`<section aria-labelledby="faults">
<h2 id="faults">Faults</h2>
<p class="note">A bar is all faults of a kind that were planned. ⚠ marks a kind that was enabled and changed nothing.</p>
<ul class="legend">${legend}</ul>
${table("chart", "How far the faults of each kind got", ["fault", "how far they got", "changed"], bars)}${foldedTable("Faults by kind and state", ["fault", "seeds", ...FAULT_STATES], rows)}</section>
`;
}

const LEGEND: readonly (readonly [className: string, text: string])[] = [
  ["changed", "changed the outcome"],
  ["reached", "reached code, changed nothing"],
  ["injected", "injected, met no code"],
  ["refused", "refused by the scenario"],
];

/** Each state but `planned` includes the later ones; what is drawn does not. */
function faultSegments({ refused, injected, reached, changed }: FaultCounts): Segment[] {
  return [
    ["changed", changed],
    ["reached", reached - changed],
    ["injected", injected - reached],
    ["refused", refused],
  ];
}

/** The rare paths that were taken, and those that were not. */
export function markSection(tally: BatchTally, facts: BatchFacts): Markup {
  const marks = marksOf(tally, facts);
  if (marks.length === 0) return markup``;
  const most = Math.max(...marks.map(({ times }) => times));
  const rows = marks.map(({ name, times, required, missing }): Content[] => [
    required ? markup`${breakable(name)} <span class="tag">required</span>` : breakable(name),
    stackedBar([["changed", logShare(times, most)]], 1),
    missing ? markup`<span class="flag">⚠ never reached</span>` : thousands(times),
  ]);
  return markup`<section aria-labelledby="marks">
<h2 id="marks">Marks</h2>
<p class="note">Rare paths of the code, and how often they were taken. The scale is logarithmic.</p>
${table("chart", "How often each mark was reached", ["mark", "how often", "reached"], rows)}</section>
`;
}

/** How the figures of single seeds are spread. */
export function distributionSection(tally: BatchTally): Markup {
  const parts = tally.figures();
  if (parts.length === 0) return markup``;
  const figures = parts.map(({ name, histogram }) => ({ figure: tally.figure(name), histogram }));
  const rows = figures.map(({ figure }) => {
    const { min, median, max } = inWords(figure);
    return [figure.name, min, median, max];
  });
  const cards = figures.map(({ figure, histogram }) => card(figure, histogram, tally.coverage.seeds));
  return markup`<section aria-labelledby="figures">
<h2 id="figures">Per seed</h2>
<p class="note">How many seeds had which value, from the least to the greatest. The dashed line is the median.</p>
<div class="grid">
${cards}</div>
${foldedTable("Figures per seed", ["figure", "min", "median", "max"], rows)}</section>
`;
}

function card(figure: Figure, histogram: HistogramData, seeds: number): Markup {
  const { name, min, max, median } = figure;
  const words = inWords(figure);
  const isSpread = min !== max;
  const middle = isSpread ? [markup`<br>median ${words.median}`] : [];
  const caption = markup`<figcaption><b>${breakable(name)}</b>${middle}</figcaption>`;
  if (!isSpread) {
    return markup`<figure>${caption}<div class="always">always ${words.min}</div></figure>\n`;
  }
  const counted = histogram.buckets.reduce((sum, [, times]) => sum + times, 0);
  const bins = binsOf(histogram, seeds - counted, MOST_BINS);
  const label = `${name}: from ${words.min} to ${words.max}, median ${words.median}`;
  return markup`<figure>${caption}
${histogramChart(bins, median, label)}
<div class="axis" aria-hidden="true"><span>${words.min}</span><span>${words.max}</span></div></figure>
`;
}

/** Names end in their unit. */
function inWords({ name, min, median, max, exact }: Figure): { min: string; median: string; max: string } {
  const text = (value: number): string =>
    name.endsWith("Us") && value >= 0 ? duration(value) : thousands(value);
  return { min: text(min), median: `${exact ? "" : "~"}${text(median)}`, max: text(max) };
}
