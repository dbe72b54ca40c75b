/** What was sent, and what became of it. */
import type { MessageRecord, TraceRecord } from "#sim/trace.js";
import type { PlainLimits } from "#reports/recording/index.js";
import { ARRIVED, LOST, NOBODY, type MessageRow } from "./shared/model.js";
import type { View } from "./view.js";

/** A page shows thousands of payloads, each in a few lines. */
const PAYLOAD: PlainLimits = { depth: 5, elements: 16, chars: 120 };

export function messageRows(view: View): MessageRow[] {
  const rows: MessageRow[] = [];
  const { records } = view;
  records.forEach((record, index) => {
    const { message } = record;
    if (message === undefined) return;
    const isLost = message.lostTo !== undefined;
    // Lost as it arrived: the loss, which comes among the effects, says more.
    if (!isLost && losesIt(records, index, message)) return;
    rows.push(rowOf(view, record, message, isLost));
  });
  return rows;
}

function losesIt(records: readonly TraceRecord[], arrival: number, message: MessageRecord): boolean {
  const { id } = records[arrival]!;
  for (let next = arrival + 1; records[next]?.id === id && records[next]!.type === "effect"; next++) {
    const lost = records[next]!.message;
    if (lost !== undefined && lost.sentIn === message.sentIn && lost.value === message.value) return true;
  }
  return false;
}

function rowOf(view: View, record: TraceRecord, message: MessageRecord, isLost: boolean): MessageRow {
  const { words } = view;
  const { from, to, type, value, sentIn, lostTo = "" } = message;
  const sentUs = view.timeOfEvent(sentIn) ?? Math.min(view.window.fromUs, record.timeUs);
  const by = view.fault(lostTo);
  const struckBy = faultsOf(view, message).filter((fault) => fault !== by);
  return [
    view.lane(from),
    view.lane(to),
    words.add(type),
    sentIn,
    sentUs,
    record.id,
    record.timeUs,
    isLost ? LOST : record.node === "" ? NOBODY : ARRIVED,
    words.add(lostTo),
    words.add(JSON.stringify(view.recording.decode(value, PAYLOAD)) ?? ""),
    ...(by === -1 ? struckBy : [by, ...struckBy]),
  ];
}

/** Faults of its link that were planned while it was sent; which of several messages it was is not recorded. */
function faultsOf(view: View, { from, to, sentIn }: MessageRecord): number[] {
  return view.faultsOf(sentIn).filter((index) => {
    const { target, state } = view.faults[index]!;
    return state !== "refused" && target.startsWith(`${from} -> ${to}, message `);
  });
}
