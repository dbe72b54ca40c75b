/** The signs that the diagram of this run has, and what they mean. */
import { isDeath, isMarked } from "./shared/marks.js";
import { LOST, type PageData } from "./shared/model.js";

const DELAYS = /^(?:message-reorder|message-duplicate|slow-link|bandwidth|link-clog)$/;

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
