/** A session on a terminal, or over commands that come from a file. */
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { UsageError } from "../errors.js";
import type { Output } from "../output.js";
import type { Session } from "./session.js";

const HISTORY_LINES = 500;

/** Where commands come from. */
export interface TerminalInput {
  readonly input: Readable;
  /** Where to draw the prompt; undefined where nobody sits there. */
  readonly terminal: NodeJS.WritableStream | undefined;
}

/**
 * Carries out commands until `quit` or the end of the input, and gives the exit code. With nobody at the other end
 * the first command that makes no sense ends it: throws its `UsageError`.
 */
export async function converse(
  session: Session,
  { input, terminal }: TerminalInput,
  output: Output,
): Promise<number> {
  const isLive = terminal !== undefined;
  const lines = new Lines(session, { input, terminal });
  const onSignal = (): void => session.interrupt();
  process.on("SIGINT", onSignal);
  try {
    if (isLive) output.out("help tells the commands; Ctrl-D ends.\n");
    while (!session.isOver) {
      const line = await lines.next();
      if (line === undefined) break;
      // A file has empty lines and comments for its readers.
      if (!isLive && /^\s*(#.*)?$/.test(line)) continue;
      try {
        for (const text of await session.execute(line)) output.out(`${text}\n`);
      } catch (error) {
        if (!isLive || !(error instanceof UsageError)) throw error;
        output.out(`${output.outPalette.red(error.line)}\n`);
      }
    }
    if (isLive && !session.isOver) output.out("\n");
    return session.exitCode;
  } finally {
    process.off("SIGINT", onSignal);
    lines.close();
    await session.close();
  }
}

/** The lines of the input one by one; what comes meanwhile, pasted or from a file, waits. */
class Lines {
  readonly #session: Session;
  readonly #interface: Interface;
  readonly #isLive: boolean;
  readonly #waiting: string[] = [];
  #closed = false;
  #wake: () => void = () => {};

  constructor(session: Session, { input, terminal }: TerminalInput) {
    this.#session = session;
    this.#isLive = terminal !== undefined;
    this.#interface = createInterface({
      input,
      ...(terminal === undefined ? {} : { output: terminal, historySize: HISTORY_LINES }),
      terminal: this.#isLive,
      completer: (line: string): [string[], string] => [session.complete(line), /\S*$/.exec(line)![0]],
    });
    this.#interface.on("line", (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
    this.#interface.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    this.#interface.on("SIGINT", () => this.#interrupted());
  }

  /** Undefined at the end. */
  async next(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#closed) {
      if (this.#isLive) this.#prompt();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#isAsking = false;
    return this.#waiting.shift();
  }

  close(): void {
    this.#interface.close();
  }

  #isAsking = false;

  #prompt(): void {
    this.#isAsking = true;
    this.#interface.setPrompt(`(${this.#session.place}) `);
    this.#interface.prompt();
  }

  /** Ctrl-C: on a way it ends that; at the prompt it drops what was typed, as a shell does. */
  #interrupted(): void {
    if (!this.#isAsking) {
      this.#session.interrupt();
      return;
    }
    this.#interface.write(null, { ctrl: true, name: "e" });
    this.#interface.write(null, { ctrl: true, name: "u" });
    process.stdout.write("\n");
    this.#interface.prompt();
  }
}
