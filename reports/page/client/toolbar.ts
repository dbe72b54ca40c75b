/** Buttons and filters above the diagram. */
import { h } from "./dom.js";
import { groupOf, groupOfMessage } from "./filter.js";
import type { Scene } from "./scene.js";
import { groupsOf } from "./tracks.js";
import { cut } from "./words.js";

export function addToolbar(scene: Scene, parent: HTMLElement): void {
  parent.replaceChildren(views(scene), ...filters(scene));
}

function views(scene: Scene): HTMLElement {
  const { viewport } = scene;
  const button = (name: string, title: string, act: () => void, isOptional = false): HTMLElement => {
    const attributes = {
      class: isOptional ? "optional" : undefined,
      title,
      "aria-label": title,
      onclick: act,
    };
    return h("button", { type: "button", ...attributes }, name);
  };
  const where = scene.run.findings.length > 0 ? "The failure" : "The end";
  const seen = (act: () => void) => () => {
    act();
    scene.changed("view");
  };
  const scale = h(
    "select",
    { "aria-label": "Scale of time" },
    option("steps", "even steps"),
    option("time", "true time"),
  );
  scale.addEventListener("change", () => scene.setScale(scale.value as "steps" | "time"));
  return h(
    "div",
    { class: "tools", role: "group", "aria-label": "View" },
    button(where, `Show ${where.toLowerCase()}`, () => scene.showFailure()),
    button(
      "All",
      "Show the whole run",
      seen(() => viewport.fit()),
    ),
    button(
      "−",
      "Zoom out",
      seen(() => viewport.zoom(1 / 0.7)),
    ),
    button(
      "+",
      "Zoom in",
      seen(() => viewport.zoom(0.7)),
    ),
    button(
      "◀",
      "Earlier",
      seen(() => viewport.pan(-0.3)),
      true,
    ),
    button(
      "▶",
      "Later",
      seen(() => viewport.pan(0.3)),
      true,
    ),
    scale,
  );
}

function filters(scene: Scene): HTMLElement[] {
  const { run, filter } = scene;
  const text = h("input", {
    type: "search",
    placeholder: "Filter by text",
    "aria-label": "Filter by text",
    id: "filter-text",
  });
  text.addEventListener("input", () => {
    filter.text = text.value;
    scene.changed("filter");
  });
  const lanes = checks(
    "Nodes",
    run.lanes.flatMap(({ name, isIdle }, lane) => (isIdle ? [] : [[name, lane] as const])),
    notIn(filter.hiddenLanes),
    scene,
  );
  const kinds = checks("Events", groups(scene), notIn(filter.hiddenGroups), scene);
  const tracks = trackGroups(scene);
  const keys = keySelect(scene);
  const reset = h("button", { type: "button", id: "filter-reset", title: "Reset filters" }, "Reset");
  const update = (): void => {
    // It keeps its place, or all else would jump.
    reset.disabled = !filter.isActive;
  };
  reset.addEventListener("click", () => {
    filter.reset();
    text.value = "";
    if (keys !== undefined) keys.value = "";
    for (const box of [...lanes.querySelectorAll("input"), ...kinds.querySelectorAll("input")])
      box.checked = true;
    scene.changed("filter");
  });
  scene.onChange(update);
  update();
  const all = [text, lanes, kinds, ...tracks, ...(keys === undefined ? [] : [keys]), reset];
  return [h("div", { class: "tools", role: "group", "aria-label": "Filters" }, ...all)];
}

/** Which groups of tracks are seen whole. That is no filter: of the others there is a track still. */
function trackGroups(scene: Scene): HTMLElement[] {
  const names = groupsOf(scene.run.tracks);
  if (names.length < 2) return [];
  const { openGroups } = scene;
  const set = (group: string, isOpen: boolean): void =>
    void (isOpen ? openGroups.add(group) : openGroups.delete(group));
  const choices = names.map((group) => [group, group] as const);
  return [checks("Tracks", choices, { has: (group) => openGroups.has(group), set }, scene)];
}

/** With how many events there are of each. */
function groups({ run }: Scene): [string, string][] {
  const counts = new Map<string, number>();
  const add = (group: string): unknown => counts.set(group, (counts.get(group) ?? 0) + 1);
  for (const event of run.events) add(groupOf(event));
  for (const message of run.messages) if (message.fate === "lost") add(groupOfMessage(message));
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, count]) => [`${group} (${count})`, group]);
}

interface Chosen<T> {
  has(value: T): boolean;
  set(value: T, isChosen: boolean): void;
}

function notIn<T>(hidden: Set<T>): Chosen<T> {
  return {
    has: (value) => !hidden.has(value),
    set: (value, isChosen) => void (isChosen ? hidden.delete(value) : hidden.add(value)),
  };
}

function checks<T>(
  name: string,
  choices: readonly (readonly [label: string, value: T])[],
  chosen: Chosen<T>,
  scene: Scene,
): HTMLDetailsElement {
  const boxes = choices.map(([label, value]) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(value) });
    box.addEventListener("change", () => {
      chosen.set(value, box.checked);
      scene.changed("filter");
    });
    return { element: h("label", {}, box, ` ${label}`), box };
  });
  const set = (checked: boolean) => () => {
    for (const { box } of boxes) {
      if (box.checked === checked) continue;
      box.click();
    }
  };
  const all = h("button", { type: "button", class: "link", onclick: set(true) }, "all");
  const none = h("button", { type: "button", class: "link", onclick: set(false) }, "none");
  const menu = h(
    "div",
    { class: "menu" },
    h("div", {}, all, " ", none),
    ...boxes.map(({ element }) => element),
  );
  const details = h("details", { class: "checks" }, h("summary", {}, name), menu);
  closeWithFocus(details);
  return details;
}

function closeWithFocus(details: HTMLDetailsElement): void {
  document.addEventListener("pointerdown", (event) => {
    if (!details.contains(event.target as Node)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary")?.focus();
  });
}

function keySelect(scene: Scene): HTMLSelectElement | undefined {
  const { run, filter } = scene;
  const keys = [...new Set(run.operations.map(({ key }) => key))].filter((key) => key !== "").toSorted();
  if (keys.length === 0) return undefined;
  const select = h(
    "select",
    {
      "aria-label": "Key: its operations, and messages and events that name it",
      title: "Operations of a key, and messages and events that name it",
      id: "filter-key",
    },
    option("", "all keys"),
    ...keys.map((key) => option(key, `key ${cut(key, 40)}`)),
  );
  select.addEventListener("change", () => {
    filter.key = select.value;
    scene.changed("filter");
  });
  return select;
}

function option(value: string, name: string): HTMLOptionElement {
  return h("option", { value }, name);
}
