/**
 * Reports on a batch as a whole, for CI systems and for people: JUnit XML, annotations, a page, and the summary
 * that shards are joined by.
 *
 * What lives here: the facts of a batch, pure functions from them and a tally to text, and the readers of
 * `summary.json` and `seeds.csv`. `batch-files.ts`, one floor up, writes the files.
 *
 * What it promises: two tallies that are equal give the same text, but for wall-clock figures; what others wrote
 * into messages and names can't break out of the format; what is read back is whole or refused. What it does
 * not: decide what is judged, or an exit code.
 */
export { annotations } from "./annotations.js";
export { batchVerdict, type BatchFacts, type BatchVerdict } from "./facts.js";
export { ReportNotRead } from "./field.js";
export { junitXml } from "./junit.js";
export { batchPage } from "./page.js";
export { RateSeries, type RateData } from "./rate-series.js";
export { seedRows } from "./read-rows.js";
export { parseSummary, readSummary, type Summary } from "./read-summary.js";
export { SUMMARY_FORMAT, summaryJson, summaryJsonLine } from "./summary-json.js";
