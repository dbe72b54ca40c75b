/** Partitions: who was on which side, from when until when. */
import type { TraceRecord } from "#sim/trace.js";
import type { PartitionData } from "./shared/model.js";
import { cutsOf } from "./cuts.js";
import type { View } from "./view.js";

export function partitionsOf(view: View): PartitionData[] {
  const { records } = view.recording;
  const formed = records.filter(({ kind }) => kind === "network/partition");
  const { window } = view;
  return [...formed.map((record) => partitionOf(view, record)), ...cutsOf(view)]
    .filter(({ fromUs, untilUs }) => untilUs >= window.fromUs && fromUs <= window.untilUs)
    .toSorted((a, b) => a.fromUs - b.fromUs);
}

function partitionOf(view: View, formed: TraceRecord): PartitionData {
  const { id, timeUs, detail } = formed;
  const { records, simTimeUs } = view.recording;
  const sides = sidesOf(detail, view.laneNames);
  const healed = records.find(({ kind, cause }) => kind === "network/partition-healed" && cause === id);
  // One that is healed by hand leaves no trace of its own; what passes it next does.
  const passed = healed === undefined ? firstAcross(view, sides, formed) : undefined;
  return {
    fromUs: timeUs,
    untilUs: healed?.timeUs ?? passed ?? simTimeUs,
    text: detail,
    eventId: id,
    fault: view.faultIn(id, (kind) => kind.startsWith("partition-")),
    sides,
    isEndKnown: healed !== undefined || passed === undefined,
  };
}

/** `a b | c`, `a b > c`, `a | b | c` (b is on both sides), or a ring `a - b - c - a`. */
function sidesOf(text: string, lanes: readonly string[]): string[] {
  if (text.includes(" - ")) return lanes.map((name) => (text.split(" - ").includes(name) ? "ring" : ""));
  const groups = text.split(/ [|>] /).map((group) => group.split(" "));
  const letters = groups.length === 3 ? ["A", "AB", "B"] : ["A", "B"];
  return lanes.map((name) => letters[groups.findIndex((group) => group.includes(name))] ?? "");
}

/** When the first message was sent that then passed where the partition lets nothing pass. */
function firstAcross(view: View, sides: readonly string[], formed: TraceRecord): number | undefined {
  const isAcross = crossing(formed.detail, (name) => sides[view.lane(name)] ?? "");
  for (const { message, timeUs, node } of view.recording.records) {
    if (message === undefined || message.lostTo !== undefined || node === "" || timeUs <= formed.timeUs)
      continue;
    const sentUs = view.timeOfEvent(message.sentIn);
    if (sentUs !== undefined && sentUs > formed.timeUs && isAcross(message.from, message.to)) return sentUs;
  }
  return undefined;
}

/** Whether a message from one to the other would cross a partition with this text. */
function crossing(text: string, sideOf: (name: string) => string): (from: string, to: string) => boolean {
  const ring = text.split(" - ");
  if (ring.length > 1) {
    const isNext = (a: string, b: string): boolean => ring.some((name, i) => name === a && ring[i + 1] === b);
    return (a, b) => ring.includes(a) && ring.includes(b) && !isNext(a, b) && !isNext(b, a);
  }
  return (from, to) => {
    const way = sideOf(from) + sideOf(to);
    return way === "BA" || (way === "AB" && !text.includes(" > "));
  };
}
