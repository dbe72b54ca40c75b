import { createInterface } from "node:readline";

/** The lines of a stream. Nothing is read before the first one is asked for. */
export async function* linesOf(input: NodeJS.ReadableStream): AsyncIterable<string> {
  yield* createInterface({ input, crlfDelay: Infinity });
}
