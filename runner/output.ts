/** Where a command writes, so that tests can listen. */
import { paletteFor, type Palette } from "#reports/palette.js";

export interface Output {
  /** What was asked for: on stdout. */
  out(text: string): void;
  /** Everything else: on stderr. */
  err(text: string): void;
  readonly outPalette: Palette;
  readonly errPalette: Palette;
  /** The terminal behind `err`, where there is one. */
  readonly errTerminal: NodeJS.WriteStream | undefined;
  /** How this program is called here. */
  readonly program: string;
}

/** The output of this process. */
export function processOutput(): Output {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outPalette: paletteFor(stdout.isTTY, env),
    errPalette: paletteFor(stderr.isTTY, env),
    errTerminal: stderr.isTTY ? stderr : undefined,
    // A checkout has no `seedstorm` on the path; whoever came here through npm gets there again through npx.
    program: env["npm_command"] === undefined ? "seedstorm" : "npx seedstorm",
  };
}
