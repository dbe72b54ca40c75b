/** Texts of a run, which may say anything, as parts of HTML. */
import { printable } from "../printable.js";

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** For text and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES.get(char)!);
}

/** A text that stays on its line, and without what would turn round how others are read. */
export function textHtml(text: string): string {
  return escapeHtml(printable(text));
}

/**
 * JSON for a `<script type="application/json">`, the same to whoever parses it. No `<` is left, so neither `</script>`
 * nor `<!--` can be in it (https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements).
 */
export function escapeJson(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
