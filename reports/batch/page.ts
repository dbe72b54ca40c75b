/**
 * `batch.html`: a batch on one page that needs nothing but itself. No script, no network: a reader opens it from
 * the artefacts of a CI job.
 */
import { faultsText, replayCommand } from "../failure-line.js";
import { duration, plural, thousands, threeDigits } from "../format.js";
import { seedsInWords } from "../summary.js";
import type { BatchTally, FailureGroup } from "../tally.js";
import { batchVerdict, type BatchFacts, type BatchVerdict } from "./facts.js";
import { stackedBar } from "./charts.js";
import { breakable, join, lines, linesOf, markup, Markup } from "./markup.js";
import { table } from "./page-tables.js";
import { distributionSection, faultSection, markSection, rateSection } from "./page-charts.js";
import { PAGE_STYLE } from "./page-style.js";

const SIGNS: Readonly<Record<BatchVerdict, string>> = {
  held: "✓",
  broken: "✗",
  vacuous: "⚠",
  "not deterministic": "⚠",
  interrupted: "–",
};

/** The whole document. */
export function batchPage(tally: BatchTally, facts: BatchFacts): string {
  const verdict = batchVerdict(tally, facts);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${SIGNS[verdict]} ${facts.scenario}: ${verdict}, ${plural(tally.seeds, "seed")}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
${header(tally, facts, verdict)}<main>
${failureSection(tally, facts)}${rateSection(tally, facts)}${faultSection(tally)}${markSection(tally, facts)}${distributionSection(tally)}</main>
<footer>Written by Seedstorm ${facts.version}. The figures behind this page are in summary.json and seeds.csv.</footer>
</body>
</html>
`.text;
}

function header(tally: BatchTally, facts: BatchFacts, verdict: BatchVerdict): Markup {
  const reasons = facts.vacuous.map((line) => markup`<li>${line}</li>\n`);
  const list = reasons.length === 0 ? [] : [markup`<ul>\n${reasons}</ul>\n`];
  const rows = factRows(tally, facts).map(([name, value, wide]) => {
    const className = wide === true ? "wide" : "fact";
    return markup`<div class="${className}"><dt>${name}</dt><dd>${value}</dd></div>\n`;
  });
  return markup`<header class="${verdict.replaceAll(" ", "-")}">
<h1><span class="verdict"><span aria-hidden="true">${SIGNS[verdict]}</span> <b>${verdict}</b></span> ${facts.scenario}</h1>
<p class="headline">${headline(tally, facts, verdict)}</p>
${list}<dl class="facts">
${rows}</dl>
</header>
`;
}

function headline(tally: BatchTally, facts: BatchFacts, verdict: BatchVerdict): string {
  const seeds = plural(tally.seeds, "seed");
  const ways = tally.failures().length;
  const failed = `${thousands(tally.failing)} of ${seeds} failed${ways > 1 ? `, in ${thousands(ways)} ways` : ""}`;
  const { vacuous, verify, judged } = facts;
  const texts: Readonly<Record<BatchVerdict, string>> = {
    held: judged
      ? `${seeds} held. Every fault that was enabled changed something, and every mark was reached.`
      : `${seeds} held. Coverage was not judged: the batch is too small or was cut short.`,
    broken: vacuous.length === 0 ? `${failed}.` : `${failed}; and the batch is vacuous:`,
    vacuous: `${seeds} held, but that proves less than it seems:`,
    "not deterministic": `Seed ${verify?.divergent} ran otherwise a second time. Nothing else can be relied on.`,
    interrupted: `Interrupted: ${tally.failing > 0 ? failed : `${seeds} held`} until then.`,
  };
  return texts[verdict];
}

function factRows(tally: BatchTally, facts: BatchFacts): [name: string, value: string, wide?: boolean][] {
  const { input, shard, verify } = facts;
  const parameters = [...input.parameters].map(([name, value]) => `${name}=${value}`).join(", ");
  const { pass, ...others } = tally.verdicts;
  const failing = Object.entries(others).filter(([, count]) => count > 0);
  const verdicts = [["pass", pass] as const, ...failing];
  const optional: [string, string, boolean?][] = [];
  if (shard.of > 1) optional.push(["Shard", `${shard.index} of ${shard.of}`]);
  if (verify !== undefined) optional.push(["Ran again with the same trace", plural(verify.same, "seed")]);
  if (facts.end === "time is up") optional.push(["End", facts.end]);
  return [
    ["Seeds", seedsInWords(tally, facts)],
    ["Verdicts", verdicts.map(([verdict, count]) => `${thousands(count)} ${verdict}`).join(", ")],
    [
      "Time",
      `${duration(Math.max(1, Math.round(facts.wallMs)) * 1_000)} on ${plural(facts.workers, "worker")}`,
    ],
    ["Rate", `${threeDigits((tally.seeds * 1_000) / Math.max(facts.wallMs, 1))} seeds/s`],
    ["Simulated", duration(tally.simTimeUs)],
    ["Events", thousands(tally.events)],
    ...optional,
    ["Parameters", parameters === "" ? "defaults" : parameters, true],
    ["Faults", input.switches.size === 0 ? "as each seed draws them" : faultsText(input.switches), true],
  ];
}

function failureSection(tally: BatchTally, facts: BatchFacts): Markup {
  const groups = tally.failures();
  if (groups.length === 0) return markup``;
  return markup`<section aria-labelledby="failures">
<h2 id="failures">Failures</h2>
<p class="note">One for each broken invariant and place in the code. A click selects a command.</p>
${groups.length > 1 ? overview(groups, tally.seeds) : []}${groups.map((group, i) => failure(group, i, facts))}</section>
`;
}

/** How the failing seeds divide among the failures. */
function overview(groups: readonly FailureGroup[], seeds: number): Markup {
  const most = Math.max(...groups.map(({ count }) => count));
  const rows = groups.map(({ key, count }, i) => [
    markup`<a href="#failure-${i + 1}">${breakable(key)}</a>`,
    stackedBar([["failing", count]], most),
    `${thousands(count)} of ${thousands(seeds)}`,
  ]);
  return table("chart", "Failing seeds by failure", ["failure", "how often", "seeds"], rows);
}

function failure({ count, first }: FailureGroup, index: number, { input }: BatchFacts): Markup {
  const [{ seed, findings }, ...others] = first as readonly [(typeof first)[number], ...typeof first];
  const [finding] = findings;
  const place =
    finding === undefined || finding.place === ""
      ? []
      : [markup`<p class="place">in <code>${finding.place}</code></p>\n`];
  const more = `${thousands(others.length)} more${count > first.length ? ` of ${thousands(count - 1)}` : ""}`;
  const commands = others.map(
    (other) => markup`<li><code class="command">${replayCommand(input, other.seed)}</code></li>\n`,
  );
  const rest =
    others.length === 0
      ? []
      : [markup`<details><summary>${more}</summary>\n<ul>\n${commands}</ul></details>\n`];
  return markup`<article class="failure" id="failure-${index + 1}">
<h3>${finding?.invariant ?? "none"}</h3>
${place}${messageOf(finding?.message ?? "")}
<p class="count">${count === 1 ? `Seed ${seed}` : `${plural(count, "seed")}, the first is ${seed}`}</p>
<code class="command">${replayCommand(input, seed)}</code>
${join(rest)}</article>
`;
}

/** A short message needs no click. */
const OPEN_CHARS = 1_500;
/** Beyond so many characters even a first line is no headline. */
const HEADLINE_CHARS = 300;

/** The first line, and all of it behind a word where there is more. */
function messageOf(message: string): Markup {
  const [first = "", ...more] = linesOf(message);
  if (more.length === 0 && first.length <= HEADLINE_CHARS) return markup`<p>${first}</p>`;
  const shown = first.length > HEADLINE_CHARS ? `${first.slice(0, HEADLINE_CHARS)}…` : first;
  const open = first.length <= HEADLINE_CHARS && message.length <= OPEN_CHARS ? markup` open` : markup``;
  const rest = first.length > HEADLINE_CHARS ? message : more.join("\n");
  return markup`<p>${shown}</p>
<details${open}><summary>more of the message</summary><pre>${lines(rest)}</pre></details>`;
}
