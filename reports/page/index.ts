/**
 * One run as a page that a person opens from a CI artefact: a space-time diagram, the clients' operations, the
 * ledger of faults, and what broke.
 *
 * What lives here: the data of a page (`page-data.ts` and what it imports), the page around it, and in `client/` the
 * code that runs in the browser, which the build makes one script of. `shared/` is what both sides know. What it
 * promises: one file without a network, the same for the same recording; whatever a run says stays text. What it
 * does not: run anything. Without a build there is no page.
 */
import { AtomicFile } from "../atomic-file.js";
import type { Recording } from "#reports/recording/index.js";
import { readAssets } from "./assets.js";
import { html, type PageAbout } from "./html.js";
import { pageJson, partJson } from "./page-data.js";

export type { PageAbout } from "./html.js";

const FILE_BYTES_MAX = 1_990_000;

/** The whole file, of less than 2 MB. Of a run that is too long for one page it holds the part around the failure. */
export function pageHtml(recorded: Recording, about: PageAbout): string {
  const recording = judged(recorded);
  const assets = readAssets();
  // What is said of the part that it holds has its room in what is left of the 2 MB.
  const aroundBytes = Buffer.byteLength(html({ recording, about, assets, ...partJson(recording, 0) }));
  return html({ recording, about, assets, ...pageJson(recording, FILE_BYTES_MAX - aroundBytes) });
}

/** Of a run that held nothing is wrong, whatever its scenario told on the way. */
function judged(recording: Recording): Recording {
  return recording.verdict === "fail" ? recording : { ...recording, violation: undefined };
}

/** Writes the page. Throws `ReportNotWritten`; a file that was there before then still is. */
export function writePage(path: string, recording: Recording, about: PageAbout): void {
  const text = pageHtml(recording, about);
  const file = new AtomicFile(path);
  file.write(text);
  file.commit();
}
