/**
 * Values that say which write they come from. A value of the store is one token, or several where it was
 * appended to; each is the number of its write and, where it is to be long, padding.
 */

const END = ";";
export const PADDING = "_";

/** The token of write `id`, longer by about so many bytes. */
export function tokenOf(id: number, paddingBytes = 0): string {
  return `${id}${PADDING.repeat(paddingBytes)}${END}`;
}

/** The tokens of which a value is made; undefined where it is not made of tokens. */
export function tokensOf(value: string): readonly string[] | undefined {
  if (!value.endsWith(END)) return undefined;
  return value
    .slice(0, -1)
    .split(END)
    .map((each) => each + END);
}
