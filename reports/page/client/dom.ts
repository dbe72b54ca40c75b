/** Elements, made without markup: whatever a run says stays text. */

import { printable } from "../../printable.js";

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | ((event: never) => void) | undefined>>;

/** An element with attributes, listeners (`onclick`), and children. `false` and `undefined` are left out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as (event: Event) => void);
    else element.setAttribute(name, value === true ? "" : readable(String(value)));
  }
  element.append(...children.filter((child) => child !== undefined).map(readable));
  return element;
}

/** Nothing in a text may turn round how others are read; lines stay lines. */
export function readable<T>(child: T): T | string {
  return typeof child === "string" ? child.split("\n").map(printable).join("\n") : child;
}

/** The element with this id, which must be there. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
