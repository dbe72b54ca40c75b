/** Output of a command, kept for a test to look at. */
import { PLAIN } from "#reports/palette.js";
import type { Output } from "#runner/output.js";

export interface KeptOutput extends Output {
  readonly texts: { out: string; err: string };
}

export function keptOutput(): KeptOutput {
  const texts = { out: "", err: "" };
  return {
    texts,
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
    outPalette: PLAIN,
    errPalette: PLAIN,
    errTerminal: undefined,
    program: "seedstorm",
  };
}
