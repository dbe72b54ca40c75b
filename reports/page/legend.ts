/** The signs that the diagram of this run has, and what they mean. */
import { isDeath, isMarked } from "./shared/marks.js";
import { COLOURS } from "./shared/colours.js";
import { LOST, type PageData } from "./shared/model.js";
import { cutText } from "./cut-text.js";
import { textHtml } from "./escape.js";

const DELAYS = /^(?:message-reorder|message-duplicate|slow-link|bandwidth|link-clog)$/;

/** Of words that have a colour, and of lines. */
const NAMED_MAX = 16;
const NAME_CHARS = 40;

type Sign = readonly [sign: string, meaning: string, isThere: boolean];

export function legendHtml(data: PageData): string {
  const shown = signsOf(data).filter(([, , isThere]) => isThere);
  const signs = shown.map(([sign, meaning]) => `<span><i aria-hidden="true">${sign}</i> ${meaning}</span>`);
  return `<p class="legend">${signs.join("")}</p>`;
}

function signsOf(data: PageData): Sign[] {
  const marked = data.faults.filter(isMarked);
  const delays = (fault: number): boolean => DELAYS.test(data.faults[fault]!.kind);
  return [
    ["●", "arrival, or told", data.events.length > 0],
    ["→", "message", data.messages.length > 0],
    ["⇢✕", "lost", data.messages.some((row) => row[7] === LOST)],
    ["⇢", "late or a copy", data.messages.some(([, , , , , , , , , , ...struckBy]) => struckBy.some(delays))],
    ["✕", "crash or power loss", marked.some(isDeath)],
    ["‖", "pause", marked.some(({ kind }) => kind === "pause")],
    ["▲", "fault of the disk", marked.some((fault) => fault.kind !== "pause" && !isDeath(fault))],
    ["A | B", "sides of a partition", data.partitions.length > 0],
    ["▼", "what the scenario did", data.told.some(([, lane]) => lane === -1)],
    ["▭", "operation", data.operations.length > 0],
    ["◆ 3", "took effect, third in order", (data.violation?.linearized.length ?? 0) > 0],
    ["✗", "what broke", data.findings.length > 0],
  ];
}

/** Which colour stands for what in the tracks, and what their lines are. */
export function tracksLegendHtml({ tracks, colours, words }: PageData): string {
  const chip = (fill: string, style = ""): string =>
    `<i aria-hidden="true" class="chip ${fill}"${style}></i>`;
  const coloured = colours.map((word, i): [string, string] => {
    const style = ` style="background:var(--key-${(i % COLOURS) + 1})"`;
    return [chip("", style), words[word]!];
  });
  const lines = new Map(tracks.flatMap((track) => track.lines.map(({ name, isFilled }) => [name, isFilled])));
  const drawn = [...lines].map(([name, isFilled]): [string, string] => [
    chip(isFilled ? "area" : "line"),
    name,
  ]);
  const named = [...coloured.slice(0, NAMED_MAX), ...drawn.slice(0, NAMED_MAX)];
  const signs = named.map(([sign, name]) => `<span>${sign} ${textHtml(cutText(name, NAME_CHARS))}</span>`);
  if (lines.size > 0) signs.push(`<span>${chip("fall")} a number falls</span>`);
  return `<p class="legend tracks">${signs.join("")}</p>`;
}
