/** Texts of others on a terminal and in lines that are searched. */

/** C0, DEL, C1, the two Unicode line ends, and what turns the direction of writing around. */
// oxlint-disable-next-line no-control-regex -- they are what it is for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * The text with control characters as escapes, so that what a scenario says stays on its line and can't steer
 * the terminal.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => SHORT.get(character) ?? escaped(character));
}

/** Whether `printable` would change it. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** What was thrown, in words: it may be anything, even an object that can't be turned into a text. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that can't be shown as a text";
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
