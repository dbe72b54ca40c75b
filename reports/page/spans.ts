/** Times during which a node was something: up with a status, down, paused. */
import type { SpanRow } from "./shared/model.js";
import { livesOf, type Life } from "./lives.js";
import type { View } from "./view.js";

export function spanRows(view: View): SpanRow[] {
  const lives = livesOf(view);
  const rows = [
    ...lives.flatMap((life) => statusesOf(view, life)),
    ...downtimes(view, lives),
    ...pauses(view),
  ];
  return rows.filter(
    ([, , fromUs, untilUs]) => untilUs >= view.window.fromUs && fromUs <= view.window.untilUs,
  );
}

function statusesOf(view: View, { node, incarnation, ended }: Life): SpanRow[] {
  const told = view.recording.observations.filter(
    (each) => each.node === node && each.incarnation === incarnation && each.status !== undefined,
  );
  const untilUs = ended?.timeUs ?? view.recording.simTimeUs;
  return told
    .filter(({ status }, i) => status !== told[i - 1]?.status)
    .map(({ timeUs, status }, i, changes): SpanRow => {
      const next = changes[i + 1]?.timeUs ?? untilUs;
      return ["status", view.lane(node), timeUs, next, view.words.add(status!), -1];
    });
}

function downtimes(view: View, lives: readonly Life[]): SpanRow[] {
  return lives.flatMap(({ node, incarnation, ended }): SpanRow[] => {
    if (ended === undefined) return [];
    const next = lives.find((other) => other.node === node && other.incarnation === incarnation + 1);
    const untilUs = next?.fromUs ?? view.recording.simTimeUs;
    return [["down", view.lane(node), ended.timeUs, untilUs, view.words.add(ended.why), ended.fault]];
  });
}

function pauses(view: View): SpanRow[] {
  return view.recording.records.flatMap(({ kind, id, node, timeUs, detail }): SpanRow[] => {
    if (kind !== "process/pause") return [];
    const lengthUs = Number(/(\d+) us/.exec(detail)?.[1] ?? 0);
    const untilUs = Math.min(timeUs + lengthUs, view.recording.simTimeUs);
    const fault = view.faultIn(id, (each) => each === "pause", node);
    return [["pause", view.lane(node), timeUs, untilUs, view.words.add(detail), fault]];
  });
}
