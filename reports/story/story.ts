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
  /** It has to do with what broke. */
  readonly isMarked: boolean;
}

interface Placed extends StoryLine {
  /** The kind of a fault. */
  readonly fault?: string;
  /** Of the event, among all. */
  readonly place: number;
}

/** Within one event: what was done, what struck, what came of it. */
const RANKS: readonly StoryLine["kind"][] = ["note", "asked", "fault", "lost", "told", "answered"];

/** The sentences, in the order in which things happened. */
export function storyLines(recording: Recording): StoryLine[] {
  const placeOf = places(recording);
  const lines: Placed[] = [];
  const add = (at: Moment, line: Omit<Placed, "timeUs" | "place">): void =>
    void lines.push({ timeUs: at.timeUs, place: placeOf(at), ...line });
  for (const note of recording.notes) add(note, { who: "", what: note.text, kind: "note", isMarked: false });
  for (const fault of recording.faults) {
    if (fault.state === "planned" || fault.state === "refused") continue;
    const what = faultWords(fault.kind as FaultKind, fault.target);
    add(fault, { who: fault.node, what, kind: "fault", isMarked: false, fault: fault.kind });
  }
  for (const { told, ...at } of recording.observations) {
    if (told !== undefined) add(at, { who: at.node, what: told, kind: "told", isMarked: false });
  }
  addOperations(recording, add);
  addLosses(recording, add);
  // Sorting is stable: within one event and kind the order is that in which things happened.
  const sorted = lines.toSorted(
    (a, b) => a.timeUs - b.timeUs || a.place - b.place || RANKS.indexOf(a.kind) - RANKS.indexOf(b.kind),
  );
  return withoutRepeats(sorted.filter((line, i) => !isSaidBy(sorted[i + 1], line)));
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
  lines.forEach((line, i) => {
    row = isAlike(lines[i - 1], line) ? row + 1 : 1;
    const isLast = !isAlike(lines[i + 1], line);
    if (row <= TOLD_IN_A_ROW) kept.push(line);
    else hidden++;
    if (!isLast || hidden === 0) return;
    kept.push({ ...line, what: `and ${hidden} more such` });
    hidden = 0;
  });
  return kept;
}

type Add = (at: Moment, line: Omit<Placed, "timeUs" | "place">) => void;

function addOperations({ operations, violation }: Recording, add: Add): void {
  const marked = new Set(violation?.operations);
  for (const operation of operations) {
    const { client: who, asked, invoked, ended } = operation;
    const isMarked = marked.has(operation.id);
    add(invoked, { who, what: `asks: ${asked}`, kind: "asked", isMarked });
    if (ended !== undefined) add(ended, { who, what: answerText(operation), kind: "answered", isMarked });
  }
}

function answerText({ asked, answered, outcome }: OperationRecord): string {
  if (outcome === "unknown")
    return `never learns what became of: ${asked} (${answered.replace(/^unknown: /, "")})`;
  if (outcome === "failed") return `is refused: ${asked} (${answered.replace(/^failed: /, "")})`;
  return `is answered ${answered}: ${asked}`;
}

/** Messages lost one by one to a fault tell of themselves; those lost to a cut are counted at its end. */
function addLosses({ records, faults }: Recording, add: Add): void {
  const kinds = new Map(faults.map(({ id, kind }) => [id, kind]));
  const cuts = new Map<string, { count: number; last: Moment }>();
  for (const { message, timeUs, id } of records) {
    if (message?.lostTo === undefined || kinds.get(message.lostTo)?.startsWith("message-") === true) continue;
    const link = `${message.from} to ${message.to}`;
    const known = cuts.get(link) ?? { count: 0, last: { timeUs, eventId: id } };
    cuts.set(link, { count: known.count + 1, last: { timeUs, eventId: id } });
  }
  for (const [link, { count, last }] of cuts) {
    const what = `${plural(count, "message")} from ${link} ${count === 1 ? "was" : "were"} lost by now`;
    add(last, { who: "", what, kind: "lost", isMarked: false });
  }
}

/** The place of an event among all: ids are given when events are scheduled, not when they happen. */
function places({ records }: Recording): (at: Moment) => number {
  const byId = new Map<number, number>();
  records.forEach(({ type, id }, i) => {
    if (type === "event") byId.set(id, i);
  });
  return ({ eventId }) => byId.get(eventId) ?? -1;
}

/** Longer stories are cut in the middle. */
const SHOWN_FIRST = 30;
const SHOWN_LAST = 90;

/** The story as text: a line a sentence, then what each node was in the end, and what broke. */
export function storyText(recording: Recording): string[] {
  const all = storyLines(recording).map(lineText);
  const hidden = all.length - SHOWN_FIRST - SHOWN_LAST;
  const lines =
    hidden > 0
      ? [...all.slice(0, SHOWN_FIRST), `  ... ${plural(hidden, "line")} left out`, ...all.slice(-SHOWN_LAST)]
      : all;
  return [...lines, "", ...endText(recording)].map(printable);
}

function lineText({ timeUs, who, what, kind, isMarked }: StoryLine): string {
  const sign = kind === "fault" || kind === "lost" ? "!" : isMarked ? ">" : " ";
  return `${sign} ${clockTime(timeUs).padStart(11)}  ${who.padEnd(9)} ${what}`.trimEnd();
}

function endText({ findings, observations, violation, operations }: Recording): string[] {
  const statuses = new Map<string, string>();
  for (const { node, status } of observations) if (status !== undefined) statuses.set(node, status);
  const lines = [...statuses].map(([node, status]) => `  in the end ${node} believes to be: ${status}`);
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
