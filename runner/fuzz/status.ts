/** Says now and then how far a session is: on a terminal in a line that stays in its place. */
import type { Output } from "../output.js";

const TERMINAL_EVERY_MS = 500;
const PLAIN_EVERY_MS = 30_000;
const ERASE_LINE = "\r\u001b[K";

export class Status {
  readonly #output: Output;
  readonly #timer: NodeJS.Timeout;

  /** `line` gives the words of the moment. */
  constructor(output: Output, line: () => string) {
    this.#output = output;
    const terminal = output.errTerminal;
    const say = (): void => {
      if (terminal === undefined) output.err(`${line()}\n`);
      else terminal.write(`${ERASE_LINE}${line().slice(0, Math.max(0, terminal.columns - 1))}`);
    };
    this.#timer = setInterval(say, terminal === undefined ? PLAIN_EVERY_MS : TERMINAL_EVERY_MS);
    this.#timer.unref();
  }

  /** To be called before anything else is printed on the same terminal. */
  clear(): void {
    this.#output.errTerminal?.write(ERASE_LINE);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.clear();
  }
}
