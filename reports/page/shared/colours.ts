/** How many colours there are for what tracks are coloured by: `--key-1` and so on, in the style sheet. */
export const COLOURS = 8;
