/** Decoded values as an outline that can be folded, with what is new marked. */
import { h } from "./dom.js";

/** Longer values start folded. */
const OPEN_UP_TO = 9;

/** `before`: what it was; what differs from it is marked with a word, not by colour alone. */
export function tree(value: unknown, before: unknown = value): HTMLElement {
  return h("div", { class: "tree" }, ...branches(value, before));
}

function branches(value: unknown, before: unknown): Node[] {
  if (typeof value !== "object" || value === null) return [leaf("", value, before)];
  return entriesOf(value).map(([key, each]) => branch(key, each, childOf(before, key)));
}

function branch(key: string, value: unknown, before: unknown): Node {
  if (typeof value !== "object" || value === null) return leaf(key, value, before);
  const entries = entriesOf(value);
  const text = JSON.stringify(value);
  if (text.length < 44) return leaf(key, value, before);
  const isNew = text !== JSON.stringify(before);
  const list = Array.isArray(value) ? `${entries.length} elements` : `${entries.length} fields`;
  const summary = h("summary", {}, h("b", {}, key), ` ${list}`, isNew ? newMark() : undefined);
  return h(
    "details",
    { open: entries.length <= OPEN_UP_TO },
    summary,
    h("div", {}, ...branches(value, before)),
  );
}

function leaf(key: string, value: unknown, before: unknown): Node {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const isNew = JSON.stringify(value) !== JSON.stringify(before);
  const name = key === "" ? undefined : h("b", {}, key);
  return h(
    "div",
    { class: isNew ? "leaf new" : "leaf" },
    name,
    " ",
    h("span", {}, text),
    isNew ? newMark() : undefined,
  );
}

function newMark(): HTMLElement {
  return h("em", { class: "changed" }, " changed");
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value);
}

function childOf(parent: unknown, key: string): unknown {
  if (typeof parent !== "object" || parent === null) return undefined;
  return Object.hasOwn(parent, key) ? (parent as Record<string, unknown>)[key] : undefined;
}
