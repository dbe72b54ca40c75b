/** The tables below the diagram, in tabs: the same as the picture, in words. */
import type { FaultData, OperationData } from "../shared/model.js";
import { eventTitle } from "./describe.js";
import { byId, h } from "./dom.js";
import type { RunEvent } from "./run.js";
import type { Scene } from "./scene.js";
import { ROWS_MAX, Table } from "./table.js";
import { timelineOf, type Entry } from "./timeline.js";
import { itemsOf, type TrackItem } from "./tracks.js";
import { clockTime } from "./words.js";

/** Tables follow the view, but not each frame of a drag. */
const SETTLE_MS = 150;

interface Tab {
  readonly id: string;
  readonly name: string;
  readonly panel: HTMLElement;
}

export function addTables(scene: Scene, parent: HTMLElement): void {
  const tabs: Tab[] = [
    { id: "timeline", name: "What broke when", panel: timelineTable(scene) },
    { id: "operations", name: `Operations (${scene.run.operations.length})`, panel: operationsTable(scene) },
    { id: "faults", name: `Faults (${scene.run.faults.length})`, panel: faultsTable(scene) },
    ...(scene.run.tracks.length === 0
      ? []
      : [{ id: "tracks", name: "Tracks in view", panel: tracksTable(scene) }]),
    { id: "events", name: "Events in view", panel: eventsTable(scene) },
  ];
  const list = h("div", { role: "tablist", "aria-label": "The run in tables", class: "tabs" });
  for (const { id, name, panel } of tabs) {
    const tab = h(
      "button",
      { role: "tab", type: "button", id: `tab-${id}`, "aria-controls": `panel-${id}` },
      name,
    );
    tab.addEventListener("click", () => choose(tabs, id));
    list.append(tab);
    panel.id = `panel-${id}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
  }
  list.addEventListener("keydown", (event) => moveBetween(tabs, event));
  parent.replaceChildren(list, ...tabs.map(({ panel }) => panel));
  choose(tabs, "timeline");
}

function choose(tabs: readonly Tab[], chosen: string): void {
  for (const { id, panel } of tabs) {
    panel.hidden = id !== chosen;
    const tab = byId(`tab-${id}`);
    tab.setAttribute("aria-selected", String(id === chosen));
    tab.tabIndex = id === chosen ? 0 : -1;
  }
}

function moveBetween(tabs: readonly Tab[], event: KeyboardEvent): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  const at = tabs.findIndex(({ id }) => `tab-${id}` === document.activeElement?.id);
  if (by === 0 || at === -1) return;
  const { id } = tabs[(at + by + tabs.length) % tabs.length]!;
  choose(tabs, id);
  byId(`tab-${id}`).focus();
  event.preventDefault();
}

function timelineTable(scene: Scene): HTMLElement {
  const table = new Table<Entry>({
    caption: "What broke when, in order. Choosing a row shows it in the diagram.",
    columns: [
      { name: "time", text: ({ timeUs }) => clockTime(timeUs) },
      { name: "who", text: ({ who }) => who },
      { name: "what", text: ({ what }) => what, isLong: true },
    ],
    rowClass: ({ isBad, thing }) => (isBad ? (thing?.type === "operation" ? "bad wrong" : "bad") : ""),
    onChoose: ({ thing }) => thing !== undefined && scene.jumpTo(thing),
  });
  const entries = timelineOf(scene.run);
  const fill = (): void => {
    // The end matters most; the table's own limit keeps the first.
    table.show(entries.filter((entry) => scene.filter.showsEntry(entry)).slice(-ROWS_MAX));
  };
  scene.onChange((change) => change === "filter" && fill());
  fill();
  const panel = h("div", {}, table.element);
  // Before this frame it has no height. What was answered wrongly comes before that is found out.
  requestAnimationFrame(() => {
    const row =
      panel.querySelector<HTMLElement>("tr.wrong") ?? panel.querySelector<HTMLElement>("tbody tr:last-child");
    if (row !== null) panel.querySelector(".scroll")!.scrollTop = row.offsetTop - 150;
  });
  return panel;
}

function operationsTable(scene: Scene): HTMLElement {
  const { run } = scene;
  const order = run.orders;
  const wrong = ({ id }: OperationData): boolean => run.wrong.has(id);
  const table = new Table<OperationData>({
    caption: "What clients asked and were answered",
    isSortable: true,
    columns: [
      {
        name: "from",
        text: ({ invoked }) => clockTime(invoked.timeUs),
        order: ({ invoked }) => invoked.timeUs,
      },
      {
        name: "until",
        text: ({ ended }) => (ended === undefined ? "open" : clockTime(ended.timeUs)),
        isNarrow: true,
      },
      { name: "client", text: ({ client }) => client },
      {
        name: "asked",
        text: (operation) => `${wrong(operation) ? "✗ " : ""}${operation.asked}`,
        isLong: true,
      },
      { name: "answered", text: ({ answered, outcome }) => answered || outcome, isLong: true },
      {
        name: "outcome",
        text: (operation) => (wrong(operation) ? `${operation.outcome}, can't be right` : operation.outcome),
        isNarrow: true,
      },
      {
        name: "order",
        text: ({ id }) => String(order.get(id) ?? ""),
        order: ({ id }) => order.get(id) ?? Infinity,
      },
    ],
    rowClass: (operation) => (wrong(operation) ? "bad" : ""),
    onChoose: (operation) => scene.jumpTo({ type: "operation", operation }),
  });
  const fill = (): void => {
    const shown = run.operations.filter((each) => scene.filter.showsOperation(each));
    // What can't be right comes first.
    table.show([...shown.filter(wrong), ...shown.filter((each) => !wrong(each))]);
  };
  scene.onChange((change) => change === "filter" && fill());
  fill();
  return h("div", {}, ...prefixWords(scene), table.element);
}

/** How far an order explains the answers, and what it leaves over. */
function prefixWords({ run }: Scene): Node[] {
  const { violation } = run.data;
  if (violation === undefined || violation.linearized.length === 0) return [];
  const count = violation.skipped + violation.linearized.length;
  const text = `The longest order that explains answers takes ${count} of them (the numbers under the diamonds). After those: ${violation.state}`;
  return [h("p", { class: "prefix" }, text)];
}

function faultsTable(scene: Scene): HTMLElement {
  const table = new Table<FaultData>({
    caption: "The ledger of faults",
    isSortable: true,
    columns: [
      { name: "time", text: ({ timeUs }) => clockTime(timeUs), order: ({ timeUs }) => timeUs },
      { name: "kind", text: ({ kind }) => kind },
      { name: "node", text: ({ node }) => node },
      { name: "target", text: ({ target }) => target, isLong: true },
      { name: "state", text: ({ state }) => state },
      { name: "id", text: ({ id }) => id, isNarrow: true, isLong: true },
    ],
    onChoose: (fault) => scene.jumpTo({ type: "fault", fault }),
  });
  const fill = (): void => table.show(scene.run.faults.filter((each) => scene.filter.showsFault(each)));
  scene.onChange((change) => change === "filter" && fill());
  fill();
  return h("div", {}, table.element);
}

function eventsTable(scene: Scene): HTMLElement {
  const { run, filter, viewport } = scene;
  const broken = new Set(run.findings.map(({ eventId }) => eventId));
  const table = new Table<RunEvent>({
    caption: "The events that the diagram shows now",
    columns: [
      { name: "time", text: ({ timeUs }) => clockTime(timeUs), order: ({ timeUs }) => timeUs },
      { name: "event", text: ({ id }) => String(id) },
      { name: "node", text: ({ lane }) => run.laneName(lane) },
      { name: "what", text: (event) => eventTitle(run, event), isLong: true },
      { name: "kind", text: ({ kind }) => kind, isNarrow: true },
    ],
    rowClass: ({ id }) => (broken.has(id) ? "bad" : ""),
    onChoose: (event) => scene.jumpTo({ type: "event", event }),
  });
  const fill = (): void => {
    const { fromUs, untilUs } = viewport;
    table.show(
      run.events.filter((each) => each.timeUs >= fromUs && each.timeUs <= untilUs && filter.shows(each)),
    );
  };
  followView(scene, fill);
  fill();
  return h("div", {}, table.element);
}

function tracksTable(scene: Scene): HTMLElement {
  const { run, filter, viewport } = scene;
  const items = itemsOf(run.tracks);
  const table = new Table<TrackItem>({
    caption: "What changed in the tracks that the diagram shows now",
    columns: [
      { name: "time", text: ({ fromUs }) => clockTime(fromUs), order: ({ fromUs }) => fromUs },
      { name: "group", text: ({ track }) => track.group },
      { name: "track", text: ({ track }) => track.name },
      { name: "what", text: ({ text }) => text, isLong: true },
    ],
    rowClass: ({ isBad }) => (isBad ? "bad" : ""),
    onChoose: (item) => scene.jumpTo({ type: "track", item }),
  });
  const fill = (): void => {
    const { fromUs, untilUs } = viewport;
    table.show(
      items.filter((each) => each.fromUs >= fromUs && each.fromUs <= untilUs && filter.showsTrackItem(each)),
    );
  };
  followView(scene, fill);
  fill();
  return h("div", {}, table.element);
}

function followView(scene: Scene, fill: () => void): void {
  let timer = 0;
  scene.onChange((change) => {
    // A row that was chosen must not vanish under the finger.
    if (change === "selection") return;
    clearTimeout(timer);
    timer = setTimeout(fill, SETTLE_MS);
  });
}
