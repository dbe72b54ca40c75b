/** A recording as the data of a page, windowed around the failure where all of it would be too much. */
import type { FaultKind } from "#sim/faults/index.js";
import type { OperationRecord, Recording } from "#reports/recording/index.js";
import { faultWords } from "#reports/story/index.js";
import type { OperationData, PageData } from "./shared/model.js";
import { eventRows, stateRows, toldRows } from "./events.js";
import { messageRows } from "./messages.js";
import { partitionsOf } from "./partitions.js";
import { spanRows } from "./spans.js";
import { View, type Window } from "./view.js";

/** Beyond this many, not even a first try is made to take all of them in. */
const MAX_RECORDS = 30_000;
/** Of the records in a window, how many lie behind the failure, if there are that many. */
const SHARE_BEHIND = 0.1;

/**
 * The data as JSON of at most so many bytes, and the window that it holds. What a page shows beside its events
 * (operations, faults) counts too, and is kept where it lies outside the window.
 */
export function pageJson(
  recording: Recording,
  maxBytes: number,
): { readonly json: string; readonly data: PageData } {
  let count = Math.min(recording.records.length, MAX_RECORDS);
  for (;;) {
    const data = pageData(new View(recording, windowOf(recording, count)));
    const json = JSON.stringify(data);
    const sizeBytes = Buffer.byteLength(json);
    if (sizeBytes <= maxBytes || count === 0) return { json, data };
    count = Math.floor(count * Math.min(0.9, maxBytes / sizeBytes));
  }
}

function pageData(view: View): PageData {
  const { recording, window, laneNames, words } = view;
  const clients = new Set(recording.clients);
  return {
    scenario: recording.scenario,
    seed: recording.seed,
    verdict: recording.verdict,
    endUs: recording.simTimeUs,
    ...window,
    focus: focusOf(recording),
    lanes: laneNames.map((name) => ({ name, isClient: clients.has(name) })),
    words: words.list,
    events: eventRows(view),
    messages: messageRows(view),
    told: toldRows(view),
    states: stateRows(view),
    spans: spanRows(view),
    partitions: partitionsOf(view),
    faults: recording.faults.map((fault) => ({
      ...fault,
      lane: view.lane(fault.node),
      words: faultWords(fault.kind as FaultKind, fault.target),
    })),
    operations: recording.operations.map((operation) => operationOf(view, operation)),
    violation: recording.violation,
    findings: recording.findings.map(({ invariant, message, node, timeUs, eventId, place }) => {
      return { invariant, message, lane: view.lane(node), node, timeUs, eventId, place };
    }),
  };
}

function operationOf(view: View, { key = "", client, ...rest }: OperationRecord): OperationData {
  return { ...rest, client, key, ended: rest.ended, lane: view.lane(client) };
}

/** Where to look first: at the operations that can't be right, up to where that was found out. */
function focusOf(recording: Recording): PageData["focus"] {
  const [finding] = recording.findings;
  const timeUs = finding?.timeUs ?? recording.simTimeUs;
  const eventId = finding?.eventId ?? 0;
  const wrong = wrongOperations(recording);
  return { fromUs: Math.min(timeUs, ...wrong.map(({ invoked }) => invoked.timeUs)), timeUs, eventId };
}

function wrongOperations({ operations, violation }: Recording): OperationRecord[] {
  const wrong = new Set(violation?.operations);
  return operations.filter(({ id }) => wrong.has(id));
}

/** As many records as were asked for: those up to the failure, and a few behind it. */
function windowOf(recording: Recording, count: number): Window {
  const { records, simTimeUs } = recording;
  if (count >= records.length) return { fromUs: recording.windowFromUs, untilUs: simTimeUs };
  const wrong = wrongOperations(recording);
  // A history may be judged long after the operation that broke it.
  const atUs = wrong.length > 0 ? Math.max(...wrong.map(endUs)) : focusOf(recording).timeUs;
  const at = records.findLastIndex(({ timeUs }) => timeUs <= atUs);
  const first = Math.max(0, Math.min(at + Math.floor(count * SHARE_BEHIND), records.length - 1) - count + 1);
  const last = Math.min(first + count, records.length) - 1;
  return { fromUs: records[first]?.timeUs ?? atUs, untilUs: records[last]?.timeUs ?? atUs };
}

function endUs({ invoked, ended, outcome }: OperationRecord): number {
  return outcome === "ok" && ended !== undefined ? ended.timeUs : invoked.timeUs;
}
