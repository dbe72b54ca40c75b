/** The page around the data: what is read first, and the places that the browser code fills. */
import { createHash } from "node:crypto";
import type { Recording } from "#reports/recording/index.js";
import { clockTime, duration, plural } from "../format.js";
import type { Assets } from "./assets.js";
import { escapeHtml, escapeJson } from "./escape.js";
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

export interface Parts {
  readonly recording: Recording;
  readonly about: PageAbout;
  readonly data: PageData;
  readonly json: string;
  readonly assets: Assets;
}

export function html(parts: Parts): string {
  const { recording, json, assets } = parts;
  const title = `${headline(recording)} · ${recording.scenario} seed ${recording.seed} · Seedstorm`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(assets.script)}">
<title>${escapeHtml(title)}</title>
<style>${assets.style}</style>
</head>
<body>
<a class="skip" href="#diagram">Skip to the diagram</a>
${header(parts)}
${MAIN}
<footer>Made by Seedstorm ${escapeHtml(parts.about.version)}. Trace hash ${escapeHtml(recording.traceHash)}.</footer>
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
<div class="verdict"><span class="badge ${verdict}">${verdict.toUpperCase()}</span><h1>${escapeHtml(headline(recording))}</h1></div>
<p class="facts">${escapeHtml(scenario)} · seed ${seed} · ${facts}</p>
${wrongHtml(recording)}
${recording.findings.map(findingHtml).join("\n")}
<div class="replay"><code id="command" tabindex="0">${escapeHtml(about.command)}</code>${copyButton(about.command)}</div>
${about.repro === undefined ? "" : `<p class="facts">Repro file: <code>${escapeHtml(about.repro)}</code></p>`}
${windowHtml(recording, data)}
</div>
${story}
</header>`;
}

function findingHtml({ message, node, timeUs, eventId, place }: Recording["findings"][number]): string {
  const where = [
    node === "" ? "" : `<b>${escapeHtml(node)}</b>`,
    `<b>${clockTime(timeUs)}</b>`,
    `event ${eventId}`,
    place === "" ? "" : `in <code>${escapeHtml(place)}</code>`,
  ].filter((part) => part !== "");
  const jump = `<button type="button" class="link" data-event="${eventId}">show it</button>`;
  const [first = "", ...more] = message.split("\n");
  const rest =
    more.length === 0
      ? ""
      : `<details class="more"><summary>the whole message</summary><pre>${escapeHtml(message)}</pre></details>`;
  return `<p class="message">${escapeHtml(first)}</p>${rest}
<p class="where">${where.join(" · ")} · ${jump}</p>`;
}

function wrongHtml({ operations, violation }: Recording): string {
  const wrong = new Set(violation?.operations);
  const items = operations
    .filter(({ id }) => wrong.has(id))
    .map(({ id, client, asked, answered, outcome }) => {
      const words = escapeHtml(`✗ ${client}: ${asked} → ${answered || outcome}`);
      return `<li><button type="button" class="link" data-operation="${id}">${words}</button></li>`;
    });
  return items.length === 0
    ? ""
    : `<ul class="wrong" aria-label="Operations that can't be right">${items.join("")}</ul>`;
}

function copyButton(command: string): string {
  return `<button type="button" data-copy="${escapeHtml(command)}">Copy</button>`;
}

function windowHtml({ simTimeUs }: Recording, { fromUs, untilUs }: PageData): string {
  if (fromUs === 0 && untilUs === simTimeUs) return "";
  return `<p class="facts windowed">The run is too long for one page. This one shows it from ${clockTime(fromUs)} to ${clockTime(untilUs)}, around the failure.</p>`;
}

function storyHtml(story: PageAbout["story"]): string {
  const lines = (story ?? []).filter((line) => line !== undefined);
  if (lines.length === 0) return "";
  const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("");
  return `<details class="story" open><summary>The story</summary><ul id="story" tabindex="0" aria-label="The story">${items}</ul></details>`;
}

const LEGEND: readonly (readonly [sign: string, meaning: string])[] = [
  ["●", "arrival, or told"],
  ["→", "message"],
  ["⇢✕", "lost"],
  ["⇢", "late or a copy"],
  ["✕", "crash or power loss"],
  ["‖", "pause"],
  ["▲", "fault of the disk"],
  ["A | B", "sides of a partition"],
  ["▭", "operation"],
  ["◆ 3", "took effect, third in order"],
  ["✗", "what broke"],
];

const MAIN = `<main>
<noscript>The diagram and the tables need JavaScript.</noscript>
<div class="layout">
<section id="proof" aria-label="Why no order explains the answers" hidden></section>
<section id="diagram" aria-label="Space-time diagram">
<div id="toolbar"></div>
<div class="frame"><canvas id="overview" aria-hidden="true"></canvas></div>
<div class="frame"><canvas id="canvas" tabindex="0" role="application" aria-describedby="help-text"></canvas><div id="tip" hidden></div></div>
<p id="selected" aria-live="polite"></p>
<p class="legend">${LEGEND.map(([sign, meaning]) => `<span><i aria-hidden="true">${sign}</i> ${meaning}</span>`).join("")}</p>
<details class="hint"><summary>Keys</summary><p id="help-text"></p></details>
</section>
<aside id="details" aria-label="Details" tabindex="0"></aside>
<section id="tables" aria-label="Tables"></section>
</div>
</main>`;
