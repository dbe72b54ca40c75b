import { SeedstormError } from "#engines/env/index.js";

/** A file that is no trace, or a line of it that can't be understood. */
export class TraceFormatError extends SeedstormError {
  constructor(where: string, expected: string, found: string) {
    super("TRACE_FORMAT", {
      expected,
      found,
      where,
      todo: "record it with seedstorm replay ... --trace FILE.jsonl",
    });
  }
}
