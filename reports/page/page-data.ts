/** A recording as the data of a page, windowed around the failure where all of it would be too much. */
import type { FaultKind } from "#sim/faults/index.js";
import type { FaultRecord, OperationRecord, Recording } from "#reports/recording/index.js";
import { faultWords } from "#reports/story/index.js";
import { cutText } from "./cut-text.js";
import { escapeJson } from "./escape.js";
import { eventRows, stateRows, toldRows } from "./events.js";
import { idleLanes } from "./idle.js";
import { messageRows } from "./messages.js";
import { partitionsOf } from "./partitions.js";
import { focusOf, select, type Selection } from "./selection.js";
import type { FaultData, OperationData, PageData } from "./shared/model.js";
import { spanRows } from "./spans.js";
import { tracksOf } from "./tracks.js";
import { View } from "./view.js";

/** Beyond this many, not even a first try is made to take all of them in. */
const MAX_THINGS = 30_000;
/** Of one finding. */
const MESSAGE_CHARS = 4_000;
const FINDINGS_MAX = 100;

export interface PageJson {
  readonly json: string;
  readonly data: PageData;
}

/** The data as JSON that in the page has at most so many bytes, with the part of the run that it holds. */
export function pageJson(recording: Recording, maxBytes: number): PageJson {
  const { records, operations, faults, tracks } = recording;
  const most = Math.max(1, records.length, operations.length, faults.length, tracks.changes.length);
  let share = Math.min(1, MAX_THINGS / most);
  for (;;) {
    const part = partJson(recording, share);
    const sizeBytes = Buffer.byteLength(escapeJson(part.json));
    if (sizeBytes <= maxBytes || share === 0) return part;
    share = share < 1e-6 ? 0 : share * Math.min(0.9, maxBytes / sizeBytes);
  }
}

/** `share`: of the run, from 0 to 1. With 0 there still is what the verdict is about. */
export function partJson(recording: Recording, share: number): PageJson {
  const selection = select(recording, share);
  const data = pageData(new View(recording, selection), selection);
  return { json: JSON.stringify(data), data };
}

function pageData(view: View, { linearized }: Selection): PageData {
  const { recording, window, laneNames, words } = view;
  const { violation } = recording;
  const idle = idleLanes(view);
  const kept = new Set(view.operations.map(({ id }) => id));
  return {
    scenario: recording.scenario,
    seed: recording.seed,
    verdict: recording.verdict,
    endUs: recording.simTimeUs,
    ...window,
    focus: focusOf(recording),
    lanes: laneNames.map((name) => ({ name, isClient: view.isClient(name), isIdle: idle.has(name) })),
    words: words.list,
    events: eventRows(view),
    messages: messageRows(view),
    told: toldRows(view),
    states: stateRows(view),
    spans: spanRows(view),
    partitions: partitionsOf(view),
    ...tracksOf(view),
    faults: view.faults.map((fault) => faultOf(view, fault)),
    operations: view.operations.map((operation) => operationOf(view, operation)),
    violation: violation && {
      operations: violation.operations.filter((id) => kept.has(id)),
      linearized,
      skipped: violation.linearized.length - linearized.length,
      state: cutText(violation.state),
    },
    findings: recording.findings
      .slice(0, FINDINGS_MAX)
      .map(({ invariant, message, node, timeUs, eventId, place }) => {
        const text = cutText(message, MESSAGE_CHARS);
        return { invariant, message: text, lane: view.lane(node), node, timeUs, eventId, place };
      }),
  };
}

function faultOf(view: View, fault: FaultRecord): FaultData {
  const { kind, node, target } = fault;
  return {
    ...fault,
    target: cutText(target),
    lane: view.lane(node),
    words: cutText(faultWords(kind as FaultKind, target)),
  };
}

function operationOf(view: View, { key = "", client, ...rest }: OperationRecord): OperationData {
  return {
    ...rest,
    asked: cutText(rest.asked),
    answered: cutText(rest.answered),
    client,
    key: cutText(key),
    ended: rest.ended,
    lane: view.lane(client),
  };
}
