/** Brings the page to life: reads what is embedded and connects the parts. */
import type { PageData } from "../shared/model.js";
import { summaryOf, titleOf } from "./describe.js";
import { Details } from "./details.js";
import { Diagram } from "./diagram.js";
import { byId, readable } from "./dom.js";
import { KEYS_HELP, listenToKeys, stepTracks, TRACK_KEYS_HELP } from "./keys.js";
import { Overview } from "./overview.js";
import { linearizationPoints } from "./points.js";
import { Pointer, type OnHover, type Picture } from "./pointer.js";
import { addProof } from "./proof.js";
import { Run } from "./run.js";
import { Scene, type Thing } from "./scene.js";
import { addTables } from "./tables.js";
import { addToolbar } from "./toolbar.js";
import { TrackChart } from "./track-chart.js";
import { groupsOf } from "./tracks.js";
import { cut, plural } from "./words.js";

function start(): void {
  const data = JSON.parse(byId("data").textContent) as PageData;
  const scene = new Scene(new Run(data), linearizationPoints(data));
  const canvas = byId("canvas") as HTMLCanvasElement;
  addToolbar(scene, byId("toolbar"));
  const diagram = new Diagram(scene, canvas);
  new Overview(scene, byId("overview") as HTMLCanvasElement).connect();
  new Details(scene, byId("details")).connect();
  new Pointer(scene, diagram, hoverTip(scene, diagram, byId("tip"))).connect();
  listenToKeys(scene, canvas);
  addTracks(scene);
  canvas.setAttribute(
    "aria-label",
    `Space-time diagram: ${plural(data.lanes.length, "lane")}, ${plural(data.events.length, "event")}. ${KEYS_HELP}`,
  );
  byId("help-text").textContent = KEYS_HELP;
  sayWhatIsSelected(scene);
  connectHeadline(scene);
  document.getElementById("story")?.scrollTo({ top: Number.MAX_SAFE_INTEGER });
  addProof(scene, byId("proof"));
  addTables(scene, byId("tables"));
  scene.showFailure();
  scene.select(firstSelection(scene));
  document.documentElement.dataset["ready"] = "true";
}

/** The tracks have a picture of their own, where there are any. */
function addTracks(scene: Scene): void {
  const { tracks } = scene.run;
  if (tracks.length === 0) return;
  const chart = new TrackChart(scene, byId("tracks") as HTMLCanvasElement);
  new Pointer(scene, chart, hoverTip(scene, chart, byId("tracks-tip"))).connect();
  listenToKeys(scene, chart.canvas, (by, onSameTrack) => stepTracks(scene, by, onSameTrack));
  chart.canvas.setAttribute(
    "aria-label",
    `Tracks: ${groupsOf(tracks).join(", ")}; ${plural(tracks.length, "track")}. ${TRACK_KEYS_HELP}`,
  );
}

/** What can't be right, else where the rule broke. */
function firstSelection({ run }: Scene): Thing | undefined {
  const operation = run.operations.find(({ id }) => id === run.data.violation?.operations.at(-1));
  if (operation !== undefined) return { type: "operation", operation };
  const event = run.event(run.data.focus.eventId);
  return event === undefined ? undefined : { type: "event", event };
}

function sayWhatIsSelected(scene: Scene): void {
  const line = byId("selected");
  scene.onChange((change) => {
    if (change !== "selection") return;
    const { selection, run } = scene;
    line.textContent =
      selection === undefined
        ? "Nothing is selected."
        : readable(summaryOf(run, selection)).replaceAll("\n", " · ");
    byId("details").setAttribute(
      "aria-label",
      selection === undefined ? "Details" : `Details of ${readable(cut(titleOf(run, selection), 200))}`,
    );
  });
}

/** Buttons of the headline jump into the diagram; the command can be copied. */
function connectHeadline(scene: Scene): void {
  const { run } = scene;
  for (const button of document.querySelectorAll<HTMLElement>("[data-event]")) {
    const event = run.event(Number(button.dataset["event"]));
    button.hidden = event === undefined;
    button.addEventListener("click", () => {
      if (event !== undefined) show({ type: "event", event });
    });
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-operation]")) {
    const operation = run.operations.find(({ id }) => id === Number(button.dataset["operation"]));
    button.hidden = operation === undefined;
    button.addEventListener("click", () => {
      if (operation !== undefined) show({ type: "operation", operation });
    });
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-copy]")) {
    button.addEventListener("click", () => {
      const done = (word: string) => (): void => void (button.textContent = word);
      navigator.clipboard
        .writeText(button.dataset["copy"]!)
        .then(done("Copied"), done("Select and copy by hand"));
    });
  }
  function show(thing: Thing): void {
    scene.jumpTo(thing);
    byId("diagram").scrollIntoView({ block: "nearest" });
  }
}

function hoverTip({ run, viewport }: Scene, picture: Picture, tip: HTMLElement): OnHover {
  const { canvas } = picture;
  return (thing, x, y) => {
    tip.hidden = thing === undefined;
    canvas.style.cursor = thing === undefined ? "grab" : "pointer";
    if (thing === undefined) return;
    tip.textContent = readable(summaryOf(run, thing, viewport.timeAt(x - picture.gutter)));
    const room = canvas.clientWidth - tip.offsetWidth - 8;
    const isHigh = y + 16 + tip.offsetHeight > canvas.clientHeight;
    const top = isHigh ? Math.max(0, y - tip.offsetHeight - 8) : y + 16;
    tip.style.transform = `translate(${Math.max(0, Math.min(x + 14, room))}px, ${top}px)`;
  };
}

start();
