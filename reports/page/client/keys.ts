/** The diagram by keyboard. */
import type { Scene } from "./scene.js";
import type { RunEvent } from "./run.js";

export const KEYS_HELP: string =
  "With the mouse a drag pans and Ctrl with the wheel zooms; two fingers do both. Arrow left and right pan, plus and minus zoom, 0 shows everything, F the failure. " +
  "N and P go to the next and previous event in view, arrow up and down to the event before and after on the same node, C to the cause. Escape ends the selection.";

const PAN_SHARE = 0.2;
const ZOOM = 0.7;

export function listenToKeys(scene: Scene, element: HTMLElement): void {
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
    ArrowUp: () => step(scene, -1, true),
    ArrowDown: () => step(scene, 1, true),
    "+": seen(() => viewport.zoom(ZOOM)),
    "=": seen(() => viewport.zoom(ZOOM)),
    "-": seen(() => viewport.zoom(1 / ZOOM)),
    "0": seen(() => viewport.fit()),
    f: () => scene.showFailure(),
    n: () => step(scene, 1, false),
    p: () => step(scene, -1, false),
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

function toCause(scene: Scene): void {
  const cause = scene.chain[1];
  if (cause !== undefined) scene.jumpTo({ type: "event", event: cause });
}
