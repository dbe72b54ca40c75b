/**
 * What people and their tools look at: lines, tables, CSV, timelines, traces, and the files that hold them.
 *
 * What lives here: pure functions from the outcome of seeds to text, the tally of a batch, and the writers,
 * which are the only part that touches files.
 *
 * What it promises: the same outcomes give the same text, byte for byte, but for wall-clock figures; a file
 * is there whole or not at all; the tally's memory does not grow with the number of seeds. What it does not:
 * run anything, or decide an exit code.
 */
export { ReportNotWritten } from "./atomic-file.js";
export { BatchFiles } from "./batch-files.js";
export { failureLine, replayCommand } from "./failure-line.js";
export type { SeedReport, Verdict } from "./seed-report.js";
export { summaryText } from "./summary.js";
export { BatchTally } from "./tally.js";
export { timelineLine } from "./timeline.js";
export { traceWriterFor, type TracedRun, type TraceWriter } from "./traces/index.js";
