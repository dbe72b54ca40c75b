/** Texts of a run may be of any length, what a person reads of them is not. */

const CHARS_MAX = 1_000;

/** The beginning of a long text, and how long it is. */
export function cutText(text: string, chars: number = CHARS_MAX): string {
  return text.length > chars ? `${text.slice(0, chars)}… (${text.length} characters)` : text;
}
