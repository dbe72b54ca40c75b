/** Records what a scenario draws beside its nodes. */
import type { Observation } from "#engines/env/index.js";
import type { Narration } from "#sim/narration.js";
import type { TrackLine, TrackName, TrackPen, TrackSpan, TrackWatch } from "#sim/tracks.js";
import { thrownText } from "../printable.js";
import type { Moment, TrackChange, TracksRecord } from "./recording.js";
import { sinceAndLast } from "./since.js";

/** Until it begins it does nothing. */
export class TrackRecorder implements TracksRecord, TrackPen {
  readonly names: TrackName[] = [];
  changes: TrackChange[] = [];
  readonly #now: () => Moment;
  readonly #indices: Map<string, number> = new Map();
  /** What is in force, as one text: by the track, and by its line. */
  readonly #last: Map<string, string> = new Map();
  #watch: TrackWatch | undefined;

  constructor(now: () => Moment) {
    this.#now = now;
  }

  begin(narration: Narration | undefined): void {
    this.#guarded(() => void (this.#watch = narration?.tracks?.(this)));
  }

  observed(event: Observation, node: string, incarnation: number): void {
    const watch = this.#watch;
    if (watch !== undefined) this.#guarded(() => watch(event, node, incarnation));
  }

  trim(fromUs: number): void {
    this.changes = sinceAndLast(this.changes, fromUs, heldBy);
  }

  span(track: TrackName, span: TrackSpan | undefined): void {
    const change = { ...this.#now(), track: this.#indexOf(track), kind: "span", span } as const;
    const { text, colour, isFaint } = span ?? {};
    if (this.#isNews(change, JSON.stringify([text, colour, isFaint]))) this.changes.push(change);
  }

  level(track: TrackName, line: TrackLine, given: number | undefined): void {
    // JSON knows no others.
    const value = Number.isFinite(given) ? given : undefined;
    const change = { ...this.#now(), track: this.#indexOf(track), kind: "level", line, value } as const;
    if (this.#isNews(change, String(value))) this.changes.push(change);
  }

  mark(track: TrackName, text: string, isBad = false): void {
    this.changes.push({ ...this.#now(), track: this.#indexOf(track), kind: "mark", text, isBad });
  }

  #indexOf(track: TrackName): number {
    const key = JSON.stringify([track.group, track.name]);
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.names.length);
    return this.names.push(track) - 1;
  }

  #isNews(change: TrackChange, content: string): boolean {
    const key = heldBy(change)!;
    if (this.#last.get(key) === content) return false;
    this.#last.set(key, content);
    return true;
  }

  /** Looking on must not fail the run: what can't draw draws no more, and the page says why. */
  #guarded(draw: () => void): void {
    try {
      draw();
    } catch (error) {
      this.#watch = undefined;
      this.mark({ group: "tracks", name: "failed" }, thrownText(error), true);
    }
  }
}

/** What a change is the state of, until the next one of it; undefined where it is of a moment. */
export function heldBy(change: TrackChange): string | undefined {
  if (change.kind === "mark") return undefined;
  return change.kind === "span" ? `${change.track}` : `${change.track} ${change.line.name}`;
}
