/**
 * Traces as files: for Perfetto, for `seedstorm diff`, for ShiViz, for Mermaid.
 *
 * What lives here: a writer for each format, chosen by the ending of the file's name, and the lines of the
 * format that `diff` reads. What it promises: a writer's memory does not grow with the run, and writing changes
 * nothing in the run. What it does not: open files (see `runner/trace-files.ts`), or compare (`runner/diff`).
 */
import { ChromeTraceWriter } from "./chrome.js";
import { JsonlTraceWriter } from "./jsonl.js";
import { MermaidTraceWriter } from "./mermaid.js";
import { ShivizTraceWriter } from "./shiviz.js";
import type { TracedRun, TraceWriter } from "./writer.js";

export { ChromeTraceWriter } from "./chrome.js";
export {
  isRecordLine,
  TRACE_FORMAT,
  type FaultLine,
  type OperationLine,
  type ResultLine,
  type StatusLine,
  type TraceHeader,
  type TraceLine,
} from "./lines.js";
export { SHIVIZ_PARSER } from "./shiviz.js";
export type { TracedRun, TraceWriter } from "./writer.js";

/** By the ending: `.jsonl` for `diff`, `.shiviz`, `.mmd` for Mermaid; anything else is a trace for Perfetto. */
export function traceWriterFor(path: string, about: TracedRun): TraceWriter {
  if (path.endsWith(".jsonl")) return new JsonlTraceWriter(about);
  if (path.endsWith(".shiviz")) return new ShivizTraceWriter(about);
  if (path.endsWith(".mmd")) return new MermaidTraceWriter(about);
  return new ChromeTraceWriter(about);
}
