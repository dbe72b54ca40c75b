/** The page around the data: what is read first, and the places that the browser code fills. */
import { createHash } from "node:crypto";
import type { Recording } from "#reports/recording/index.js";
import { clockTime, duration, plural, thousands } from "../format.js";
import type { Assets } from "./assets.js";
import { cutText } from "./cut-text.js";
import { escapeHtml, escapeJson, textHtml } from "./escape.js";
import { findingsHtml, wrongHtml } from "./findings.js";
import { legendHtml, tracksLegendHtml } from "./legend.js";
import type { PageData } from "./shared/model.js";

/** What a page says beside the recording. */
export interface PageAbout {
  /** What runs this seed again, as typed into a shell. */
  readonly command: string;
  /** The repro file, where one was written. */
  readonly repro?: string;
  /** Of this program. */
  readonly version: string;
  /** The run in words, one line each; lines that are undefined are left out. */
  readonly story?: readonly (string | undefined)[];
}

/** Of names that a headline or a line can hold. */
const NAME_CHARS = 120;
/** About 300 KB in all. */
const STORY_LINES = 1_500;
const STORY_CHARS = 300;

export interface Parts {
  readonly recording: Recording;
  readonly about: PageAbout;
  readonly data: PageData;
  readonly json: string;
  readonly assets: Assets;
}

export function html(parts: Parts): string {
  const { recording, json, assets } = parts;
  const title = `${cutText(headline(recording), NAME_CHARS)} · ${cutText(recording.scenario, NAME_CHARS)} seed ${recording.seed} · Seedstorm`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(assets.script)}">
<title>${textHtml(title)}</title>
<style>${assets.style}</style>
</head>
<body>
<a class="skip" href="#diagram">Skip to the diagram</a>
${header(parts)}
${main(parts.data)}
<footer>Made by Seedstorm ${textHtml(parts.about.version)}. Trace hash ${textHtml(recording.traceHash)}.</footer>
<script type="application/json" id="data">${escapeJson(json)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
}

/** Nothing is fetched, and no script runs but ours, whatever a run says. */
function policy(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

function headline({ findings, verdict }: Recording): string {
  return findings[0]?.invariant ?? (verdict === "pass" ? "all held" : "failed");
}

function header({ recording, about, data }: Parts): string {
  const { verdict, scenario, seed, events, simTimeUs } = recording;
  const facts = `${plural(events, "event")} in ${duration(simTimeUs)} of simulated time`;
  const story = storyHtml(about.story);
  return `<header${story === "" ? "" : ' class="told"'}>
<div>
<div class="verdict"><span class="badge ${verdict}">${verdict.toUpperCase()}</span><h1>${nameHtml(headline(recording))}</h1></div>
<p class="facts">${nameHtml(scenario)} · seed ${seed} · ${facts}</p>
${wrongHtml(recording)}
${findingsHtml(recording)}
<div class="replay"><code id="command" tabindex="0">${textHtml(about.command)}</code>${copyButton(about.command)}</div>
${about.repro === undefined ? "" : `<p class="facts">Repro file: <code>${textHtml(about.repro)}</code></p>`}
${windowHtml(recording, data)}
</div>
${story}
</header>`;
}

function nameHtml(name: string): string {
  return textHtml(cutText(name, NAME_CHARS));
}

function windowHtml(recording: Recording, { fromUs, untilUs, ...data }: PageData): string {
  const { simTimeUs, verdict } = recording;
  const parts = [
    [data.operations.length, recording.operations.length, "operation"],
    [data.faults.length, recording.faults.length, "fault"],
    [data.tracks.length, recording.tracks.names.length, "track"],
  ] as const;
  const cut = parts.filter(([held, all]) => held < all);
  if (fromUs === 0 && untilUs === simTimeUs && cut.length === 0) return "";
  const where = verdict === "pass" ? "its end" : "the failure";
  const fewer = listed(cut.map(([held, all, noun]) => `${thousands(held)} of ${plural(all, noun)}`));
  return `<p class="facts windowed">The run is too long for one page. This one shows it from ${clockTime(fromUs)} to ${clockTime(untilUs)}, around ${where}${fewer === "" ? "" : `, with ${fewer}`}.</p>`;
}

/** `a, b and c` */
function listed(words: readonly string[]): string {
  const most = words.slice(0, -1).join(", ");
  return most === "" ? words.join("") : `${most} and ${words.at(-1)!}`;
}

function copyButton(command: string): string {
  return `<button type="button" data-copy="${escapeHtml(command)}">Copy</button>`;
}

/** The end of it, where it is long: that is where it broke. */
function storyHtml(story: PageAbout["story"]): string {
  const lines = (story ?? []).filter((line) => line !== undefined);
  if (lines.length === 0) return "";
  const items = lines.slice(-STORY_LINES).map((line) => `<li>${textHtml(cutText(line, STORY_CHARS))}</li>`);
  const before = lines.length - items.length;
  if (before > 0) items.unshift(`<li>... ${plural(before, "line")} before that</li>`);
  return `<details class="story" open><summary>The story</summary><ul id="story" tabindex="0" aria-label="The story">${items.join("")}</ul></details>`;
}

function main(data: PageData): string {
  return `<main>
<noscript>The diagram and the tables need JavaScript.</noscript>
<div class="layout">
<section id="proof" aria-label="Why no order explains the answers" hidden></section>
<section id="diagram" aria-label="Space-time diagram">
<div id="toolbar"></div>
<div class="frame"><canvas id="overview" aria-hidden="true"></canvas></div>
${tracksHtml(data)}
<div class="frame"><canvas id="canvas" tabindex="0" role="application" aria-describedby="help-text"></canvas><div id="tip" class="tip" hidden></div></div>
<p id="selected" aria-live="polite"></p>
${legendHtml(data)}
<p class="hint">A drag pans, Ctrl and the wheel zoom, the wheel alone scrolls the page.</p>
<details class="hint"><summary>Keys</summary><p id="help-text"></p></details>
</section>
<aside id="details" aria-label="Details" tabindex="0"></aside>
<section id="tables" aria-label="Tables"></section>
</div>
</main>`;
}

function tracksHtml(data: PageData): string {
  if (data.tracks.length === 0) return "";
  return `<div class="frame"><canvas id="tracks" tabindex="0" role="application" aria-describedby="help-text"></canvas><div id="tracks-tip" class="tip" hidden></div></div>
${tracksLegendHtml(data)}`;
}
