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
import { pageJson } from "./page-data.js";

export type { PageAbout } from "./html.js";

/** With the code and the style the file stays under 2 MB. */
const DATA_BYTES_MAX = 1_700_000;

/** The whole file. Of a run that is too long for one page it holds the part around the failure. */
export function pageHtml(recording: Recording, about: PageAbout): string {
  return html({ recording, about, assets: readAssets(), ...pageJson(recording, DATA_BYTES_MAX) });
}

/** Writes the page. Throws `ReportNotWritten`; a file that was there before then still is. */
export function writePage(path: string, recording: Recording, about: PageAbout): void {
  const text = pageHtml(recording, about);
  const file = new AtomicFile(path);
  file.write(text);
  file.commit();
}
