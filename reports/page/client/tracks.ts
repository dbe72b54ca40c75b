/** What the scenario drew beside its nodes, as things that can be pointed at. */
import type { PageData, TrackData } from "../shared/model.js";
import { hasWord } from "./filter.js";
import type { Run } from "./run.js";

export interface Track {
  readonly index: number;
  readonly group: string;
  readonly name: string;
  /** Of its node; -1 where it is of none. */
  readonly lane: number;
  readonly spans: readonly TrackItem[];
  readonly lines: readonly Line[];
  readonly marks: readonly TrackItem[];
}

export interface Line {
  readonly name: string;
  readonly isFilled: boolean;
  /** In the order of time; each until the next. Without a value, there is none. */
  readonly steps: readonly TrackItem[];
}

/** A span, a step of a line, or a mark: what a person points at. */
export interface TrackItem {
  readonly track: Pick<Track, "index" | "group" | "name">;
  readonly kind: "span" | "step" | "mark";
  readonly fromUs: number;
  /** Of a mark the same moment. */
  readonly untilUs: number;
  readonly text: string;
  readonly eventId: number;
  /** Of a span; -1 for none. */
  readonly colour: number;
  readonly isFaint: boolean;
  readonly isBad: boolean;
  /** Of a step. */
  readonly value: number | undefined;
}

/** Opened at first where nothing failed, or nobody knows which of them it is about. */
const FIRST_OPEN_MAX = 2;

export function tracksOf(data: PageData): Track[] {
  return data.tracks.map((row, index) => trackOf(data, row, index));
}

function trackOf(data: PageData, { group, name, lane, ...rows }: TrackData, index: number): Track {
  const track = { index, group, name };
  const plain = { track, colour: -1, isFaint: false, isBad: false, value: undefined };
  const text = (word: number): string => data.words[word] ?? "";
  return {
    ...track,
    lane,
    spans: rows.spans.map(([fromUs, untilUs, word, colour, isFaint, eventId]): TrackItem => {
      const look = { colour, isFaint: isFaint === 1 };
      return { ...plain, ...look, kind: "span", fromUs, untilUs, text: text(word), eventId };
    }),
    lines: rows.lines.map((line): Line => ({
      name: line.name,
      isFilled: line.isFilled,
      steps: line.points.map(([fromUs, value, eventId], i): TrackItem => {
        const untilUs = line.points[i + 1]?.[0] ?? data.endUs;
        const words = value === null ? `no ${line.name}` : `${line.name} ${value}`;
        return { ...plain, kind: "step", fromUs, untilUs, text: words, eventId, value: value ?? undefined };
      }),
    })),
    marks: rows.marks.map(([fromUs, word, isBad, eventId]): TrackItem => {
      const moment = { fromUs, untilUs: fromUs, eventId };
      return { ...plain, ...moment, kind: "mark", text: text(word), isBad: isBad === 1 };
    }),
  };
}

/** In the order of time. */
export function itemsOf(tracks: readonly Track[]): TrackItem[] {
  return tracks
    .flatMap(({ spans, lines, marks }) => [...spans, ...lines.flatMap(({ steps }) => steps), ...marks])
    .toSorted((a, b) => a.fromUs - b.fromUs || a.eventId - b.eventId);
}

/** The last of them that has begun by then. They begin one after the other. */
export function itemAt(items: readonly TrackItem[], timeUs: number): TrackItem | undefined {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.fromUs <= timeUs) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

/** What a track is at a time, and its numbers: `in sync; log end 52, committed 49`. */
export function trackAt(track: Track, timeUs: number): string {
  const span = itemAt(track.spans, timeUs);
  const text = span !== undefined && span.untilUs >= timeUs ? span.text : "";
  return [text, numbersAt(track, timeUs)].filter(Boolean).join("; ");
}

/** `log end 52, committed 49` */
export function numbersAt({ lines }: Track, timeUs: number): string {
  const steps = lines.flatMap(({ steps: all }) => itemAt(all, timeUs) ?? []);
  return steps
    .filter(({ value }) => value !== undefined)
    .map(({ text }) => text)
    .join(", ");
}

export function groupsOf(tracks: readonly Track[]): string[] {
  return [...new Set(tracks.map(({ group }) => group))];
}

/** Those that what broke names, else the first ones. */
export function openGroups({ tracks, findings, operations, wrong }: Run): Set<string> {
  const groups = groupsOf(tracks);
  const texts = [
    ...findings.map(({ message }) => message),
    ...operations.filter(({ id }) => wrong.has(id)).map(({ asked, key }) => `${key} ${asked}`),
  ];
  const named = groups.filter((group) => texts.some((text) => hasWord(text, group)));
  return new Set(named.length > 0 ? named : groups.slice(0, FIRST_OPEN_MAX));
}
