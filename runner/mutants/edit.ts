/** Edits of text by place: what historic and mechanical mutants come down to. */
import { MutantError } from "./errors.js";
import type { TextEdit } from "./mutant.js";

/** Replaces what stands from `start` to before `end`. */
export interface Edit {
  /** Below dist/. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Finds the place of an edit in its file. Throws `MutantError` unless the text is there exactly once. */
export function locate(mutantId: string, { file, find, replace }: TextEdit, text: string): Edit {
  const starts: number[] = [];
  for (let at = text.indexOf(find); at >= 0; at = text.indexOf(find, at + 1)) starts.push(at);
  const [start] = starts;
  if (start === undefined || starts.length > 1) {
    throw new MutantError(
      `mutant ${mutantId}, ${file}`,
      "the text to replace exactly once",
      `${starts.length} times: ${JSON.stringify(find)}`,
      "adapt the mutant to the code as it is built now",
    );
  }
  return { file, start, end: start + find.length, replacement: replace };
}

/** The text with the edit made. */
export function applyEdit(text: string, { start, end, replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
