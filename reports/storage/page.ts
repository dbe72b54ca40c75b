/** The comparison as one page that needs nothing but itself: no script, no network. */
import { table as htmlTable } from "../batch/page-tables.js";
import { Markup, markup, type Content } from "../batch/markup.js";
import { plural, thousands, threeDigits } from "../format.js";
import type { StorageFacts, StorageResult } from "./rows.js";
import { STORAGE_STYLE } from "./style.js";
import { memoryRows, ratio } from "./tables.js";

const MB = 1_000_000;
/** The coordinates of a chart: its bars, one below the other. */
const WIDTH = 100;
const BAR = 10;
const GAP = 3;
/** What is there is seen, however little it is. */
const LEAST = 0.5;

/** A figure of one workload, as a chart and a column of a table show it. */
interface Figure {
  readonly name: string;
  readonly of: (result: StorageResult) => number | undefined;
  readonly text: (value: number) => string;
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly figure: Figure;
  /** What more the table says. */
  readonly columns: readonly (readonly [name: string, of: (result: StorageResult) => string])[];
}

const SECTIONS: readonly Section[] = [
  {
    id: "rates",
    title: "Operations a second",
    note: "The median of all rounds: longer is better. Bars compare within a workload, not between them.",
    figure: { name: "median", of: ({ perSecond }) => perSecond.median, text: thousands },
    columns: [
      ["least", ({ perSecond }) => thousands(perSecond.min)],
      ["most", ({ perSecond }) => thousands(perSecond.max)],
      ["of bare group commit", ({ floorRatio }) => ratio(floorRatio)],
    ],
  },
  {
    id: "latency",
    title: "Latency",
    note: "The 99th percentile in microseconds: shorter is better.",
    figure: { name: "99 %, us", of: ({ p99Us }) => p99Us, text: threeDigits },
    columns: [
      ["50 %, us", ({ p50Us }) => threeDigits(p50Us)],
      ["flush behind it, ms", ({ flushMs }) => threeDigits(flushMs)],
      ["writes slowed", ({ slowedWrites }) => thousands(slowedWrites)],
      ["writes stalled", ({ stalledWrites }) => thousands(stalledWrites)],
    ],
  },
  {
    id: "write",
    title: "Write amplification",
    note: "Bytes written to the log and to files, for each byte of keys and values: shorter is better.",
    figure: { name: "bytes a byte", of: ({ amplification }) => amplification.write, text: ratio },
    columns: [],
  },
  {
    id: "read",
    title: "Read amplification",
    note: "Blocks or pages looked at for each get: shorter is better. In the table, those that were not in memory.",
    figure: { name: "looked at", of: ({ amplification }) => amplification.read, text: ratio },
    columns: [["from files", ({ amplification }) => ratio(amplification.deviceReads)]],
  },
  {
    id: "space",
    title: "Space amplification",
    note: "Bytes of all files, for each byte of live keys and values: shorter is better.",
    figure: { name: "bytes a byte", of: ({ amplification }) => amplification.space, text: ratio },
    columns: [],
  },
];

/** The whole document. */
export function storagePage(facts: StorageFacts, results: readonly StorageResult[]): string {
  const title = `${facts.engines.join(" against ")}: ${thousands(facts.keys)} keys`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(STORAGE_STYLE)}</style>
</head>
<body>
${header(facts)}<main>
${SECTIONS.map((each) => section(facts, results, each))}${memorySection(facts, results)}</main>
<footer>Written by seedstorm bench storage on Node ${facts.nodeVersion}. Absolute figures belong to the machine, and above all to its disk.</footer>
</body>
</html>
`.text;
}

function header(facts: StorageFacts): Markup {
  const dataMb = (facts.keys * (facts.keyBytes + facts.valueBytes)) / MB;
  const rounds = `${plural(facts.rounds, "whole round")}${facts.interrupted ? ", then interrupted" : ""}`;
  const rows: readonly (readonly [string, string])[] = [
    ["Keys", `${thousands(facts.keys)} of ${facts.keyBytes} B, values of ${facts.valueBytes} B`],
    ["Data", `${threeDigits(dataMb)} MB`],
    ["Cache of each", `${threeDigits(facts.cacheBytes / MB)} MB`],
    ["Measured", rounds],
  ];
  return markup`<header>
<h1>${facts.engines.join(" against ")}</h1>
<dl class="facts">
${rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
<ul class="legend">${facts.engines.map((engine, i) => markup`<li><span class="key engine-${i}"></span>${engine}</li>`)}</ul>
</header>
`;
}

function section(
  facts: StorageFacts,
  results: readonly StorageResult[],
  { id, title, note, figure, columns }: Section,
): Markup {
  const shown = results.filter((result) => figure.of(result) !== undefined);
  if (shown.length === 0) return markup``;
  const workloads = facts.workloads.filter((name) => shown.some(({ workload }) => workload === name));
  const bars = workloads.map((name) => {
    const values = facts.engines.map((engine) => {
      const result = shown.find((each) => each.workload === name && each.engine === engine);
      return result === undefined ? undefined : figure.of(result);
    });
    return barRow(name, values, figure.text);
  });
  const names = ["workload", "engine", figure.name, ...columns.map(([name]) => name)];
  const rows = shown.map((result): Content[] => [
    result.workload,
    result.engine,
    figure.text(figure.of(result)!),
    ...columns.map(([, of]) => of(result)),
  ]);
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p class="note">${note}</p>
<div class="beside">
<div class="bars" aria-hidden="true">
${bars}</div>
<div class="scroll" role="region" aria-label="${title}" tabindex="0">${htmlTable("", title, names, rows)}</div>
</div>
</section>
`;
}

function memorySection(facts: StorageFacts, results: readonly StorageResult[]): Markup {
  const rows = memoryRows(facts, results);
  const text = (bytes: number): string => `${threeDigits(bytes / MB)} MB`;
  const parts: readonly (readonly [string, (row: (typeof rows)[number]) => number])[] = [
    ["cache, as configured", () => facts.cacheBytes],
    ["caches and tables in memory", ({ memoryBytes }) => memoryBytes],
    ["peak resident set", ({ peakRssBytes }) => peakRssBytes],
  ];
  const most = Math.max(...rows.flatMap((row) => parts.map(([, of]) => of(row))));
  const bars = parts.map(([name, of]) =>
    barRow(
      name,
      facts.engines.map((engine) => {
        const row = rows.find((each) => each.engine === engine);
        return row === undefined ? undefined : of(row);
      }),
      text,
      most,
    ),
  );
  const cells = rows.map((row): Content[] => [row.engine, ...parts.map(([, of]) => text(of(row)))]);
  return markup`<section aria-labelledby="memory">
<h2 id="memory">Memory</h2>
<p class="note">The largest of all workloads. The resident set is that of the engine's whole process, Node's own part included.</p>
<div class="beside">
<div class="bars" aria-hidden="true">
${bars}</div>
<div class="scroll" role="region" aria-label="Memory" tabindex="0">${htmlTable("", "Memory", ["engine", ...parts.map(([name]) => name)], cells)}</div>
</div>
</section>
`;
}

/** The bars of one workload; each as long as its part of the longest. No text is inside: it would be stretched. */
function barRow(
  name: string,
  values: readonly (number | undefined)[],
  text: (value: number) => string,
  most: number = Math.max(...values.map((value) => value ?? 0)),
): Markup {
  const height = values.length * (BAR + GAP) - GAP;
  const rects = values.flatMap((value, i) => {
    if (value === undefined) return [];
    const width = most === 0 ? 0 : (value / most) * WIDTH;
    return [
      markup`<rect class="engine-${i}" x="0" y="${i * (BAR + GAP)}" width="${String(Math.round(Math.max(LEAST, width) * 100) / 100)}" height="${BAR}"/>`,
    ];
  });
  const labels = values.map((value) => markup`<span>${value === undefined ? "–" : text(value)}</span>`);
  return markup`<div class="row"><b>${name}</b><svg viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none">${rects}</svg><div class="values">${labels}</div></div>
`;
}
