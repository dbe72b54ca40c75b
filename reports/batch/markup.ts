/** HTML, SVG and XML with the texts of others in them. */
import { printable } from "../printable.js";

/** A piece that is markup already. Only `markup` makes one. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Markup[];

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/**
 * Tag of a template: what is put in is escaped, in a text or a quoted attribute, unless it is `Markup`. Control
 * characters, most of which XML 1.0 (2.2) forbids even as references, come out as `\u001b`.
 */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...contents.map(escaped)));
}

/** One after the other. */
export function join(parts: readonly Markup[], separator = ""): Markup {
  return new Markup(parts.map(({ text }) => text).join(separator));
}

/** Each line of a text on a line of its own, as in a `<pre>`; inside a line all is escaped. */
export function lines(text: string): Markup {
  return join(
    linesOf(text).map((line) => markup`${line}`),
    "\n",
  );
}

/** What a text of several lines is about. */
export function firstLine(text: string): string {
  return linesOf(text)[0]!;
}

export function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/);
}

/** A long name, which may go on in the next line where a word in it begins. */
export function breakable(name: string): Markup {
  const words = name.split(/(?<=[/-])|(?<=[a-z])(?=[A-Z])/);
  return join(
    words.map((word) => markup`${word}`),
    "<wbr>",
  );
}

function escaped(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return join(content).text;
  return printable(String(content))
    .replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character)!)
    .replaceAll(/[\ud800-\udfff\ufffe\uffff]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
