/** How deep JSON may be nested: what walks through a value by recursion must come to its end. */

/** No file of ours comes near it. */
export const MAX_JSON_DEPTH = 100;

/** How deep the brackets of this text are nested, those in strings left out. It need not be JSON. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isInString) {
      if (character === "\\") i++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}
