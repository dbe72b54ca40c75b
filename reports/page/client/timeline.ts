/** What broke when: faults that struck, roles that changed hands, partitions, wrong answers, and the findings. */
import type { Run } from "./run.js";
import type { Thing } from "./scene.js";
import { operationTitle } from "./describe.js";
import { isMarked } from "./paint/marks.js";

export interface Entry {
  readonly timeUs: number;
  readonly who: string;
  readonly what: string;
  readonly isBad: boolean;
  readonly thing: Thing | undefined;
}

/** In the order of time. */
export function timelineOf(run: Run): Entry[] {
  const entries = [
    ...notes(run),
    ...statuses(run),
    ...faults(run),
    ...partitions(run),
    ...wrongAnswers(run),
    ...findings(run),
  ];
  return entries.toSorted((a, b) => a.timeUs - b.timeUs);
}

function notes(run: Run): Entry[] {
  return run.events.flatMap((event) =>
    event.notes.map((what): Entry => {
      return { timeUs: event.timeUs, who: "scenario", what, isBad: false, thing: { type: "event", event } };
    }),
  );
}

function statuses(run: Run): Entry[] {
  return run.spans
    .filter(({ kind }) => kind === "status")
    .map(({ lane, fromUs, text }) => {
      const event = run.events.find((each) => each.lane === lane && each.timeUs === fromUs);
      const thing: Thing | undefined = event === undefined ? undefined : { type: "event", event };
      return { timeUs: fromUs, who: run.laneName(lane), what: `is ${text}`, isBad: false, thing };
    });
}

function faults(run: Run): Entry[] {
  return run.faults.filter(isMarked).map((fault) => {
    const { timeUs, node, kind, words, state } = fault;
    const what = `${words} (${state})`;
    return {
      timeUs,
      who: node,
      what,
      isBad: kind === "crash" || kind === "power-loss",
      thing: { type: "fault", fault },
    };
  });
}

function partitions(run: Run): Entry[] {
  return run.partitions.flatMap((partition): Entry[] => {
    const thing: Thing = { type: "partition", partition };
    const { fromUs, untilUs, text, isEndKnown } = partition;
    const formed: Entry = { timeUs: fromUs, who: "network", what: `partition ${text}`, isBad: false, thing };
    if (untilUs >= run.data.endUs) return [formed];
    const healed = `${isEndKnown ? "" : "by now, "}healed: ${text}`;
    return [formed, { timeUs: untilUs, who: "network", what: healed, isBad: false, thing }];
  });
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
    }));
}

function findings(run: Run): Entry[] {
  return run.findings.map(({ timeUs, node, invariant, message, eventId }) => {
    const event = run.event(eventId);
    const thing: Thing | undefined = event === undefined ? undefined : { type: "event", event };
    return {
      timeUs,
      who: node || "the run",
      what: `✗ ${invariant}: ${message.split("\n")[0]}`,
      isBad: true,
      thing,
    };
  });
}
