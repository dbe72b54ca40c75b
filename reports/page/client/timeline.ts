/** What broke when: faults that struck, roles that changed hands, partitions, wrong answers, and the findings. */
import type { Run } from "./run.js";
import type { Thing } from "./scene.js";
import { operationTitle } from "./describe.js";
import { isDeath, isMarked } from "../shared/marks.js";
import type { FindingData } from "../shared/model.js";

export interface Entry {
  readonly timeUs: number;
  readonly who: string;
  readonly what: string;
  readonly isBad: boolean;
  readonly thing: Thing | undefined;
  /** -1 where it is of no node. */
  readonly lane: number;
}

/** In the order of time. */
export function timelineOf(run: Run): Entry[] {
  const entries = [
    ...notes(run),
    ...statuses(run),
    ...faults(run),
    ...partitions(run),
    ...badMarks(run),
    ...wrongAnswers(run),
    ...findings(run),
  ];
  return entries.toSorted((a, b) => a.timeUs - b.timeUs);
}

function notes(run: Run): Entry[] {
  return run.events.flatMap((event) =>
    event.notes.map((what): Entry => {
      const thing: Thing = { type: "event", event };
      return { timeUs: event.timeUs, who: "scenario", what, isBad: false, thing, lane: -1 };
    }),
  );
}

function statuses(run: Run): Entry[] {
  const key = (lane: number, timeUs: number): string => `${lane} ${timeUs}`;
  // The first one of each moment, so the last ones are put first.
  const events = new Map(run.events.toReversed().map((event) => [key(event.lane, event.timeUs), event]));
  return run.spans
    .filter(({ kind }) => kind === "status")
    .map(({ lane, fromUs, text }) => {
      const event = events.get(key(lane, fromUs));
      const thing: Thing | undefined = event === undefined ? undefined : { type: "event", event };
      return { timeUs: fromUs, who: run.laneName(lane), what: `is ${text}`, isBad: false, thing, lane };
    });
}

function faults(run: Run): Entry[] {
  return run.faults.filter(isMarked).map((fault) => {
    const { timeUs, node, lane, words, state } = fault;
    const what = `${words} (${state})`;
    return {
      timeUs,
      who: node,
      what,
      isBad: isDeath(fault),
      thing: { type: "fault", fault },
      lane,
    };
  });
}

function partitions(run: Run): Entry[] {
  return run.partitions.flatMap((partition): Entry[] => {
    const thing: Thing = { type: "partition", partition };
    const { fromUs, untilUs, text, isEndKnown } = partition;
    const entry = { who: "network", isBad: false, thing, lane: -1 };
    const formed: Entry = { ...entry, timeUs: fromUs, what: `partition ${text}` };
    if (untilUs >= run.data.endUs) return [formed];
    const healed = `${isEndKnown ? "" : "by now, "}healed: ${text}`;
    return [formed, { ...entry, timeUs: untilUs, what: healed }];
  });
}

function badMarks(run: Run): Entry[] {
  return run.tracks.flatMap(({ group, name, lane, marks }) =>
    marks
      .filter(({ isBad }) => isBad)
      .map((item): Entry => {
        const thing: Thing = { type: "track", item };
        return { timeUs: item.fromUs, who: `${group} ${name}`, what: item.text, isBad: true, thing, lane };
      }),
  );
}

function wrongAnswers(run: Run): Entry[] {
  return run.operations
    .filter(({ id }) => run.wrong.has(id))
    .map((operation) => ({
      timeUs: (operation.ended ?? operation.invoked).timeUs,
      who: operation.client,
      what: `✗ ${operationTitle(operation)}`,
      isBad: true,
      thing: { type: "operation", operation },
      lane: operation.lane,
    }));
}

function findings(run: Run): Entry[] {
  return run.findings.map((finding) => {
    const { timeUs, node, lane, invariant, message } = finding;
    return {
      timeUs,
      who: node || "the run",
      what: `✗ ${invariant}: ${message.split("\n")[0]}`,
      isBad: true,
      thing: placeOf(run, finding),
      lane,
    };
  });
}

function placeOf(run: Run, finding: FindingData): Thing | undefined {
  const operation = run.judgedOperation(finding);
  if (operation !== undefined) return { type: "operation", operation };
  const event = run.event(finding.eventId);
  return event === undefined ? undefined : { type: "event", event };
}
