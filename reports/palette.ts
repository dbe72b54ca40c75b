/** Colours for people. A pipe gets none, so that what is printed can be searched. */
import picocolors from "picocolors";

export type Palette = ReturnType<typeof picocolors.createColors>;

/** No colours at all. */
export const PLAIN: Palette = picocolors.createColors(false);

/** Colours where the stream is a terminal and NO_COLOR is not set (https://no-color.org); FORCE_COLOR wins over the stream. */
export function paletteFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Palette {
  const refused = (env["NO_COLOR"] ?? "") !== "";
  const forced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0";
  return picocolors.createColors(!refused && (forced || (isTerminal && env["TERM"] !== "dumb")));
}
