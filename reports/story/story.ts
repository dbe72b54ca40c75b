/** A run in words: what each client did, which fault struck where, what each node believed, what broke. */
import type { FaultKind } from "#sim/faults/index.js";
import { clockTime, plural } from "../format.js";
import { printable } from "../printable.js";
import type { Moment, OperationRecord, Recording } from "../recording/index.js";
import { faultWords } from "./fault-words.js";

/** One sentence. */
export interface StoryLine {
  readonly timeUs: number;
  /** Who did it: a node, a client, or nobody. */
  readonly who: string;
  readonly what: string;
  readonly kind: "note" | "fault" | "asked" | "told" | "lost" | "answered";
  /** How much it matters where not all can be told; `MARKED` where it shows what broke. */
  readonly weight: number;
}

/** Of the operations whose answers can't be right. */
export const MARKED = 3;

interface Placed extends StoryLine {
  /** The kind of a fault. */
  readonly fault?: string;
  /** Of the event, among all. */
  readonly place: number;
}

/** Within one event: what was done, what struck, what came of it, and what ended it. */
const RANKS: readonly Rank[] = ["note", "asked", "fault", "lost", "told", "answered", "end"];
type Rank = StoryLine["kind"] | "end";

/** They end a process in the middle of an event, and what they do to the disk follows. */
const ENDINGS: ReadonlySet<string> = new Set([
  "crash",
  "power-loss",
  "torn-write",
  "reordered-write",
  "garbage",
  "no-psow",
  "metadata-loss",
]);

/** The sentences, in the order in which things happened. */
export function storyLines(recording: Recording): StoryLine[] {
  const placeOf = places(recording);
  const lines: Placed[] = [];
  const add: Add = (at, line) => void lines.push({ timeUs: at.timeUs, place: placeOf(at), ...line });
  for (const note of recording.notes) add(note, { who: "", what: note.text, kind: "note", weight: 2 });
  for (const fault of recording.faults) {
    if (fault.state === "planned" || fault.state === "refused") continue;
    const what = faultWords(fault.kind as FaultKind, fault.target);
    const weight = isOfLink(fault.kind) ? 1 : 2;
    add(fault, { who: fault.node, what, kind: "fault", weight, fault: fault.kind });
  }
  for (const { told, status, ...at } of recording.observations) {
    const isTurn = status !== undefined && !told?.startsWith("is in ");
    if (told !== undefined) add(at, { who: at.node, what: told, kind: "told", weight: isTurn ? 2 : 0 });
  }
  addOperations(recording, add);
  addLosses(recording, add);
  // Sorting is stable: within one event and rank the order is that in which things happened.
  const sorted = lines.toSorted((a, b) => a.timeUs - b.timeUs || a.place - b.place || rankOf(a) - rankOf(b));
  return folded(withoutRepeats(sorted.filter((line, at) => !isSaidBy(sorted[at + 1], line))));
}

function rankOf({ kind, fault }: Placed): number {
  return RANKS.indexOf(fault !== undefined && ENDINGS.has(fault) ? "end" : kind);
}

function isOfLink(kind: string): boolean {
  return /^(message-|slow-link|link-|bandwidth|clock-)/.test(kind);
}

/** Whether the next sentence says the same and more: a server is in a term, and votes in it. */
function isSaidBy(next: Placed | undefined, { place, who, kind, what }: Placed): boolean {
  return next?.place === place && next.who === who && next.kind === kind && next.what.startsWith(what);
}

/** So many faults of one kind on one node in a row are told; the others are counted. */
const TOLD_IN_A_ROW = 3;

function withoutRepeats(lines: readonly Placed[]): Placed[] {
  const kept: Placed[] = [];
  let row = 0;
  let hidden = 0;
  const isAlike = (a: Placed | undefined, b: Placed): boolean =>
    a?.fault !== undefined && a.fault === b.fault && a.who === b.who;
  lines.forEach((line, at) => {
    row = isAlike(lines[at - 1], line) ? row + 1 : 1;
    const isLast = !isAlike(lines[at + 1], line);
    if (row <= TOLD_IN_A_ROW) kept.push(line);
    else hidden++;
    if (!isLast || hidden === 0) return;
    kept.push({ ...line, what: `and ${hidden} more such` });
    hidden = 0;
  });
  return kept;
}

/** Sentences that several nodes have in common are told once, where it comes first: what followers do alike. */
const FOLD_WITHIN_US = 5_000;

function folded(lines: readonly Placed[]): Placed[] {
  const kept: (Placed & { who: string })[] = [];
  for (const line of lines) {
    const same = line.kind === "told" ? findBack(kept, line) : undefined;
    if (same === undefined) kept.push({ ...line });
    else same.who = `${same.who} ${line.who}`;
  }
  return kept;
}

function findBack<T extends Placed>(kept: readonly T[], line: Placed): T | undefined {
  for (let at = kept.length - 1; at >= 0; at--) {
    const before = kept[at]!;
    if (line.timeUs - before.timeUs > FOLD_WITHIN_US) return undefined;
    if (before.kind === "told" && before.what === line.what && !before.who.split(" ").includes(line.who))
      return before;
  }
  return undefined;
}

type Add = (at: Moment, line: Omit<Placed, "timeUs" | "place">) => void;

function addOperations({ operations, violation, verdict }: Recording, add: Add): void {
  // What is tolerated is no violation.
  const marked = new Set(verdict === "fail" ? violation?.operations : []);
  for (const operation of operations) {
    const { client: who, asked, invoked, ended } = operation;
    const weight = marked.has(operation.id) ? MARKED : 0;
    add(invoked, { who, what: `asks: ${asked}`, kind: "asked", weight });
    if (ended !== undefined) add(ended, { who, what: answerText(operation), kind: "answered", weight });
  }
}

function answerText({ asked, answered, outcome }: OperationRecord): string {
  if (outcome === "unknown")
    return `never learns what became of: ${asked} (${answered.replace(/^unknown: /, "")})`;
  if (outcome === "failed") return `is refused: ${asked} (${answered.replace(/^failed: /, "")})`;
  return `is answered ${answered}: ${asked}`;
}

/** Messages lost one by one to a fault tell of themselves; those lost to a cut are counted at its end, by sender. */
function addLosses({ records, faults }: Recording, add: Add): void {
  const kinds = new Map(faults.map(({ id, kind }) => [id, kind]));
  const cuts = new Map<string, { count: number; readonly to: Set<string>; last: Moment }>();
  for (const { message, timeUs, id } of records) {
    if (message?.lostTo === undefined || kinds.get(message.lostTo)?.startsWith("message-") === true) continue;
    const loss = cuts.get(message.from) ?? { count: 0, to: new Set(), last: { timeUs, eventId: id } };
    cuts.set(message.from, loss);
    loss.count++;
    loss.to.add(message.to);
    loss.last = { timeUs, eventId: id };
  }
  for (const [from, { count, to, last }] of cuts) {
    const what = `${plural(count, "message")} from ${from} to ${[...to].join(" ")} ${count === 1 ? "was" : "were"} lost by now`;
    add(last, { who: "", what, kind: "lost", weight: 1 });
  }
}

/** The place of an event among all: ids are given when events are scheduled, not when they happen. */
function places({ records }: Recording): (at: Moment) => number {
  const byId = new Map<number, number>();
  records.forEach(({ type, id }, at) => {
    if (type === "event") byId.set(id, at);
  });
  return ({ eventId }) => byId.get(eventId) ?? -1;
}

/** A longer story is cut where it matters least. */
const MAX_LINES = 120;
/** What led to it stands before what broke, or before the operations that show it. */
const KEPT_BEFORE = 30;
const KEPT_AT_START = 5;
const MAX_COLUMNS = 300;

/** The story as text: a line a sentence, then what each node was in the end, and what broke. */
export function storyText(recording: Recording): string[] {
  return [...selected(storyLines(recording)), "", ...endText(recording)].map((line) => printable(cut(line)));
}

function selected(lines: readonly StoryLine[]): string[] {
  if (lines.length <= MAX_LINES) return lines.map(lineText);
  const isKept = new Set<number>();
  const keep = (from: number, to: number): void => {
    for (let at = Math.max(0, from); at < Math.min(to, lines.length); at++) isKept.add(at);
  };
  keep(0, KEPT_AT_START);
  keep(lines.length - KEPT_BEFORE, lines.length);
  lines.forEach(({ weight }, at) => {
    if (weight === MARKED) keep(at - KEPT_BEFORE, at + 1);
  });
  // The latest of what matters, as far as there is room.
  for (const weight of [2, 1, 0]) {
    for (let at = lines.length - 1; at >= 0 && isKept.size < MAX_LINES; at--) {
      if (lines[at]!.weight === weight) isKept.add(at);
    }
  }
  const text: string[] = [];
  let hidden = 0;
  const tellHidden = (): void => {
    if (hidden > 0) text.push(`  ... ${plural(hidden, "line")} left out`);
    hidden = 0;
  };
  lines.forEach((line, at) => {
    if (!isKept.has(at)) {
      hidden++;
      return;
    }
    tellHidden();
    text.push(lineText(line));
  });
  tellHidden();
  return text;
}

function cut(line: string): string {
  return line.length <= MAX_COLUMNS ? line : `${line.slice(0, MAX_COLUMNS)}... (${line.length} characters)`;
}

function lineText({ timeUs, who, what, kind, weight }: StoryLine): string {
  const sign = kind === "fault" || kind === "lost" ? "!" : weight === MARKED ? ">" : " ";
  return `${sign} ${clockTime(timeUs).padStart(11)}  ${who.padEnd(9)} ${what}`.trimEnd();
}

function endText(recording: Recording): string[] {
  const { findings, violation, operations } = recording;
  const lines = statusLines(recording);
  const [finding] = findings;
  if (finding === undefined) return [...lines, "Nothing broke."];
  const where = finding.node === "" ? "" : ` on ${finding.node}`;
  lines.push(`Then ${finding.invariant} broke${where}, at ${clockTime(finding.timeUs)}:`);
  lines.push(...finding.message.split("\n").map((line) => `  ${line}`));
  for (const id of violation?.operations ?? []) {
    const operation = operations.find((each) => each.id === id);
    if (operation !== undefined)
      lines.push(`  about ${operation.client}'s ${operation.asked}: ${operation.answered}`);
  }
  return lines;
}

/** What each node last believed to be, and whether it was still there. */
function statusLines({ observations, records }: Recording): string[] {
  const statuses = new Map<string, string>();
  for (const { node, status } of observations) if (status !== undefined) statuses.set(node, status);
  const isDown = new Map<string, boolean>();
  for (const { node, kind } of records) {
    if (kind === "process/struck" || kind === "process/boot") isDown.set(node, kind === "process/struck");
  }
  return [...statuses].map(([node, status]) =>
    isDown.get(node) === true
      ? `  in the end ${node} is down; it was ${status}`
      : `  in the end ${node} believes to be: ${status}`,
  );
}
