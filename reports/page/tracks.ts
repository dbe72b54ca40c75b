/** What the scenario drew beside its nodes, track by track. */
import type { TrackChange } from "#reports/recording/index.js";
import { cutText } from "./cut-text.js";
import type { PageData, TrackData, TrackLineData, TrackSpanRow } from "./shared/model.js";
import type { View } from "./view.js";

/** More could not be told apart, and names alone could fill the page. */
const TRACKS_MAX = 150;
const LINES_MAX = 6;
const TEXT_CHARS = 200;

type Span = Extract<TrackChange, { readonly kind: "span" }>;
type Level = Extract<TrackChange, { readonly kind: "level" }>;

export function tracksOf(view: View): Pick<PageData, "tracks" | "colours"> {
  const byTrack = grouped(view.tracks, ({ track }) => track);
  const { names } = view.recording.tracks;
  const groups = [...grouped([...names.keys()], (track) => names[track]!.group).values()];
  const isFirst = (group: readonly number[]): boolean =>
    group.some((track) => names[track]!.isFirst === true);
  const ordered = [...groups.filter(isFirst), ...groups.filter((group) => !isFirst(group))];
  const shown = ordered.flat().slice(0, TRACKS_MAX);
  const colours = coloursOf(shown.flatMap((track) => byTrack.get(track) ?? []));
  const tracks = shown.map((track) => trackOf(view, track, byTrack.get(track) ?? [], colours));
  return { tracks, colours: colours.map((colour) => view.words.add(cutText(colour, TEXT_CHARS))) };
}

function trackOf(
  view: View,
  track: number,
  changes: readonly TrackChange[],
  colours: readonly string[],
): TrackData {
  const { group, name, node = "" } = view.recording.tracks.names[track]!;
  return {
    group: cutText(group, TEXT_CHARS),
    name: cutText(name, TEXT_CHARS),
    lane: view.lane(node),
    spans: spansOf(
      view,
      changes.filter((change) => change.kind === "span"),
      colours,
    ),
    lines: linesOf(changes.filter((change) => change.kind === "level")),
    marks: changes
      .filter((change) => change.kind === "mark")
      .map(({ timeUs, text, isBad, eventId }) => [timeUs, wordOf(view, text), isBad ? 1 : 0, eventId]),
  };
}

function spansOf(view: View, changes: readonly Span[], colours: readonly string[]): TrackSpanRow[] {
  return changes.flatMap(({ timeUs, eventId, span }, i): TrackSpanRow[] => {
    const untilUs = changes[i + 1]?.timeUs ?? view.recording.simTimeUs;
    // Of one moment the last one counts.
    if (span === undefined || (untilUs === timeUs && i + 1 < changes.length)) return [];
    const { text, colour, isFaint = false } = span;
    const index = colour === undefined ? -1 : colours.indexOf(colour);
    return [[timeUs, untilUs, wordOf(view, text), index, isFaint ? 1 : 0, eventId]];
  });
}

function linesOf(changes: readonly Level[]): TrackLineData[] {
  const lines = grouped(changes, ({ line }) => line.name);
  return [...lines].slice(0, LINES_MAX).map(([name, its]) => ({
    name: cutText(name, TEXT_CHARS),
    isFilled: its[0]!.line.isFilled ?? false,
    points: its.map(({ timeUs, value, eventId }) => [timeUs, value ?? null, eventId]),
  }));
}

function wordOf(view: View, text: string): number {
  return view.words.add(cutText(text, TEXT_CHARS));
}

/** In an order that does not depend on who was first: `b2` before `b10`. */
function coloursOf(changes: readonly TrackChange[]): string[] {
  const all = changes.flatMap((change) => (change.kind === "span" ? (change.span?.colour ?? []) : []));
  const parts = (name: string): [string, number] => {
    const digits = /\d{1,9}$/.exec(name)?.[0] ?? "";
    return [name.slice(0, name.length - digits.length), Number(digits)];
  };
  return [...new Set(all)].toSorted((a, b) => {
    const [[stem, number], [otherStem, other]] = [parts(a), parts(b)];
    return stem === otherStem ? number - other : stem < otherStem ? -1 : 1;
  });
}

/** In the order of their first. */
function grouped<T, Key>(all: readonly T[], keyOf: (each: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}
