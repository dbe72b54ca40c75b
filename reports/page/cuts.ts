/**
 * Links that the scenario cut by hand. The trace shows no cut itself, only what was lost to it: so a cut is taken to
 * last from the first loss on a link until a message passes there again, or else until the last loss.
 */
import type { MessageRecord } from "#sim/trace.js";
import type { PartitionData } from "./shared/model.js";
import type { View } from "./view.js";

const BY_HAND = "cut";
/** Who is cut off goes on trying. Losses on a link that are further apart belong to two cuts. */
const QUIET_US = 500_000;

/** A link, both ways, and when nothing passed there. */
interface Cut {
  readonly ends: readonly [string, string];
  readonly fromUs: number;
  lastUs: number;
  /** When a message was sent that passed again. */
  passedUs: number | undefined;
  readonly eventId: number;
}

/** Cuts of the same node at the same time are one. */
export function cutsOf(view: View): PartitionData[] {
  const cuts = linkCuts(view);
  const groups: PartitionData[] = [];
  while (cuts.length > 0) {
    const first = cuts[0]!;
    const together = cuts.filter((cut) => cut.fromUs <= first.lastUs && cut.lastUs >= first.fromUs);
    const node = mostOften(together.flatMap(({ ends }) => ends));
    const its = together.filter(({ ends }) => ends.includes(node));
    groups.push(groupOf(view, node, its));
    for (const cut of its) cuts.splice(cuts.indexOf(cut), 1);
  }
  return groups;
}

function linkCuts(view: View): Cut[] {
  const cuts: Cut[] = [];
  const open = new Map<string, Cut>();
  for (const { message, timeUs, id } of view.recording.records) {
    if (message === undefined) continue;
    const link = linkOf(message);
    const cut = open.get(link);
    if (message.lostTo === BY_HAND) {
      if (cut !== undefined && timeUs - cut.lastUs <= QUIET_US) cut.lastUs = timeUs;
      else {
        const ends = [message.from, message.to] as const;
        const made: Cut = { ends, fromUs: timeUs, lastUs: timeUs, passedUs: undefined, eventId: id };
        open.set(link, made);
        cuts.push(made);
      }
    } else if (cut !== undefined && message.lostTo === undefined) {
      const sentUs = view.timeOfEvent(message.sentIn) ?? timeUs;
      if (sentUs < cut.lastUs) continue;
      cut.passedUs = sentUs;
      open.delete(link);
    }
  }
  return cuts;
}

function linkOf({ from, to }: MessageRecord): string {
  return JSON.stringify([from, to].toSorted());
}

function mostOften(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

function groupOf(view: View, node: string, cuts: readonly Cut[]): PartitionData {
  const others = view.laneNames.filter(
    (name) => name !== node && cuts.some(({ ends }) => ends.includes(name)),
  );
  const first = cuts.reduce((earliest, cut) => (cut.fromUs < earliest.fromUs ? cut : earliest));
  const lastUs = Math.max(...cuts.map((cut) => cut.lastUs));
  // Links that carry little show late that they are whole again: the first one tells of all.
  const passed = cuts.flatMap(({ passedUs }) =>
    passedUs !== undefined && passedUs >= lastUs ? passedUs : [],
  );
  return {
    fromUs: first.fromUs,
    untilUs: passed.length > 0 ? Math.min(...passed) : stillCutUs(view, lastUs),
    text: `${node} | ${others.join(" ")} (cut by the scenario)`,
    eventId: first.eventId,
    fault: -1,
    sides: view.laneNames.map((name) => (name === node ? "A" : others.includes(name) ? "B" : "")),
    isEndKnown: false,
  };
}

/** Nobody may have tried again before the run ended. */
function stillCutUs({ recording: { simTimeUs } }: View, lastUs: number): number {
  return simTimeUs - lastUs <= QUIET_US ? simTimeUs : lastUs;
}
