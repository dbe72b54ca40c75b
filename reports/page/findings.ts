/** What broke, in the head of the page: short, with the rest behind a word. */
import type { Recording } from "#reports/recording/index.js";
import { clockTime, plural } from "../format.js";
import { cutText } from "./cut-text.js";
import { textHtml } from "./escape.js";
import { isJudged } from "./selection.js";

type Finding = Recording["findings"][number];

const LINES_SHOWN = 3;
const LINE_CHARS = 300;
const NAME_CHARS = 80;
/** Of the whole message, behind its word. */
const MESSAGE_CHARS = 20_000;
/** Different rules that are told of; one run seldom breaks more than one. */
const RULES_SHOWN = 10;
const WRONG_SHOWN = 10;
const WRONG_CHARS = 160;

/** One for each rule that broke, with how often it did. */
export function findingsHtml(recording: Recording): string {
  const groups = new Map<string, Finding[]>();
  for (const finding of recording.findings) {
    const others = groups.get(finding.invariant);
    if (others === undefined) groups.set(finding.invariant, [finding]);
    else others.push(finding);
  }
  const shown = [...groups.values()].slice(0, RULES_SHOWN);
  const rest = groups.size - shown.length;
  return [
    ...shown.map((group, i) => groupHtml(recording, group, i > 0)),
    ...(rest > 0 ? [`<p class="facts">and ${plural(rest, "more broken rule")}</p>`] : []),
  ].join("\n");
}

/** The first rule is the headline already. */
function groupHtml(recording: Recording, [first, ...others]: readonly Finding[], isNamed: boolean): string {
  if (first === undefined) return "";
  const name = isNamed ? `<p class="rule">✗ ${textHtml(cutText(first.invariant, LINE_CHARS))}</p>\n` : "";
  const more =
    others.length === 0 ? "" : `\n<p class="facts">and ${others.length} more like it${whenHtml(others)}</p>`;
  return `${name}${messageHtml(first.message)}\n${whereHtml(recording, first)}${more}`;
}

function whenHtml(others: readonly Finding[]): string {
  const jumps = others
    .slice(0, 3)
    .map(
      ({ timeUs, eventId }) =>
        `<button type="button" class="link" data-event="${eventId}">${clockTime(timeUs)}</button>`,
    );
  return `: ${jumps.join(", ")}${others.length > jumps.length ? ", ..." : ""}`;
}

/** Lines of the message that can be read at a glance; all of it behind a word. */
function messageHtml(message: string): string {
  const lines = message.split(/\r?\n/);
  const shown = lines.slice(0, LINES_SHOWN).map((line) => cutText(line, LINE_CHARS));
  const isWhole = lines.length <= LINES_SHOWN && shown.every((line, i) => line === lines[i]);
  const [first = "", ...next] = shown.map(textHtml);
  const rest = next.length === 0 ? "" : `\n<p class="message more">${next.join("<br>")}</p>`;
  if (isWhole) return `<p class="message">${first}</p>${rest}`;
  const whole = cutText(message, MESSAGE_CHARS).split(/\r?\n/).map(textHtml).join("\n");
  return `<p class="message">${first}</p>${rest}<details class="more"><summary>the whole message</summary><pre>${whole}</pre></details>`;
}

function whereHtml(recording: Recording, finding: Finding): string {
  const { node, timeUs, eventId, place } = finding;
  const where = [
    node === "" ? "" : `<b>${textHtml(cutText(node, NAME_CHARS))}</b>`,
    `<b>${clockTime(timeUs)}</b>`,
    `event ${eventId}`,
    place === "" ? "" : `in <code>${textHtml(cutText(place, NAME_CHARS * 2))}</code>`,
  ].filter((part) => part !== "");
  // What was judged after the run happened at the operation that can't be right, not where that was found out.
  const wrong = node === "" ? recording.operations.find(isJudged(recording)) : undefined;
  const target = wrong === undefined ? `data-event="${eventId}"` : `data-operation="${wrong.id}"`;
  const jump = `<button type="button" class="link" ${target}>show it</button>`;
  return `<p class="where">${where.join(" · ")} · ${jump}</p>`;
}

/** The answers that can't be right. */
export function wrongHtml(recording: Recording): string {
  const wrong = recording.operations.filter(isJudged(recording));
  if (wrong.length === 0) return "";
  const items = wrong.slice(0, WRONG_SHOWN).map(({ id, client, asked, answered, outcome }) => {
    const parts = [`${client}: ${asked}`, answered || outcome].map((part) => cutText(part, WRONG_CHARS));
    return `<li><button type="button" class="link" data-operation="${id}">${textHtml(`✗ ${parts.join(" → ")}`)}</button></li>`;
  });
  if (wrong.length > items.length) items.push(`<li>and ${wrong.length - items.length} more</li>`);
  return `<ul class="wrong" aria-label="Operations that can't be right">${items.join("")}</ul>`;
}
