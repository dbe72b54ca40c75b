/** The diagram by keyboard. */
import { timeOf, type Scene } from "./scene.js";
import type { RunEvent } from "./run.js";
import { itemsOf } from "./tracks.js";

export const KEYS_HELP: string =
  "With the mouse a drag pans and Ctrl with the wheel zooms; two fingers do both. Arrow left and right pan, plus and minus zoom, 0 shows everything, F the failure. " +
  "N and P go to the next and previous event in view, arrow up and down to the event before and after on the same node, C to the cause. Escape ends the selection.";

export const TRACK_KEYS_HELP: string =
  "Keys are those of the diagram; N, P and the arrows up and down go from change to change, of all tracks or of one.";

const PAN_SHARE = 0.2;
const ZOOM = 0.7;

type Step = (by: 1 | -1, onSameLane: boolean) => void;

export function listenToKeys(
  scene: Scene,
  element: HTMLElement,
  go: Step = (by, onSameLane) => step(scene, by, onSameLane),
): void {
  const { viewport } = scene;
  const seen = (act: () => void): (() => void) => {
    return () => {
      act();
      scene.changed("view");
    };
  };
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: seen(() => viewport.pan(-PAN_SHARE)),
    ArrowRight: seen(() => viewport.pan(PAN_SHARE)),
    ArrowUp: () => go(-1, true),
    ArrowDown: () => go(1, true),
    "+": seen(() => viewport.zoom(ZOOM)),
    "=": seen(() => viewport.zoom(ZOOM)),
    "-": seen(() => viewport.zoom(1 / ZOOM)),
    "0": seen(() => viewport.fit()),
    f: () => scene.showFailure(),
    n: () => go(1, false),
    p: () => go(-1, false),
    c: () => toCause(scene),
    Escape: () => scene.select(undefined),
  };
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** To the event that is shown next, of this node only or of all. Without a selection, to the first in view. */
function step(scene: Scene, by: 1 | -1, onSameLane: boolean): void {
  const { run, filter, viewport } = scene;
  const at = scene.selection === undefined ? undefined : scene.eventOf(scene.selection);
  const fits = (event: RunEvent): boolean =>
    filter.shows(event) && event.lane !== -1 && (!onSameLane || at === undefined || event.lane === at.lane);
  const start = at?.index ?? run.events.findIndex(({ timeUs }) => timeUs >= viewport.fromUs) - by;
  for (let i = start + by; i >= 0 && i < run.events.length; i += by) {
    const event = run.events[i]!;
    if (fits(event)) return scene.jumpTo({ type: "event", event });
  }
}

/** To the change that comes next, of this track only or of all that are seen. */
export function stepTracks(scene: Scene, by: 1 | -1, onSameTrack: boolean): void {
  const { selection, viewport } = scene;
  const at = selection?.type === "track" ? selection.item : undefined;
  const tracks = scene.visibleTracks.filter(
    ({ index }) => !onSameTrack || at === undefined || index === at.track.index,
  );
  const items = itemsOf(tracks);
  const from = (selection === undefined ? undefined : timeOf(selection)) ?? viewport.fromUs;
  const known = at === undefined ? -1 : items.indexOf(at);
  const next = items.findIndex(({ fromUs }) => fromUs > from);
  const before = (next === -1 ? items.length : next) - 1;
  const item = items[known === -1 ? (by === 1 ? before + 1 : before) : known + by];
  if (item !== undefined) scene.jumpTo({ type: "track", item });
}

function toCause(scene: Scene): void {
  const cause = scene.chain[1];
  if (cause !== undefined) scene.jumpTo({ type: "event", event: cause });
}
