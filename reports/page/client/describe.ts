/** Things of a run in a few words. */
import type { Run, RunEvent, Message } from "./run.js";
import type { Thing } from "./scene.js";
import type { OperationData } from "../shared/model.js";
import { numbersAt, trackAt, type TrackItem } from "./tracks.js";
import { clockTime, cut, duration } from "./words.js";

/** Of a text that is one of several in a line. */
const PART_CHARS = 200;

export function titleOf(run: Run, thing: Thing): string {
  switch (thing.type) {
    case "event":
      return eventTitle(run, thing.event);
    case "message":
      return messageTitle(run, thing.message);
    case "operation":
      return operationTitle(thing.operation);
    case "partition":
      return `partition ${thing.partition.text}`;
    case "track":
      return trackTitle(thing.item);
    case "fault":
    default:
      return `${thing.fault.kind}${thing.fault.node === "" ? "" : ` on ${thing.fault.node}`}`;
  }
}

export function eventTitle(run: Run, event: RunEvent): string {
  const who = run.laneName(event.lane);
  if (event.arrival !== undefined) return messageTitle(run, event.arrival);
  if (event.lane === -1 && event.notes.length > 0) return cut(event.notes.join("; "), PART_CHARS);
  const told = event.told.find((each) => each.told !== "")?.told;
  if (told !== undefined) return `${who} ${cut(told, PART_CHARS)}`;
  return `${who}: ${event.kind}${event.detail === "" ? "" : ` ${cut(event.detail, 60)}`}`;
}

export function messageTitle(run: Run, { from, to, label, fate }: Message): string {
  const words = `${run.laneName(from)} → ${run.laneName(to)} ${label}`;
  return fate === "lost" ? `${words}: lost` : fate === "nobody" ? `${words}: nobody was there` : words;
}

export function operationTitle({ client, asked, answered, outcome }: OperationData): string {
  const answer = answered || (outcome === "open" ? "no answer" : outcome);
  return `${client}: ${cut(asked, PART_CHARS)} → ${cut(answer, PART_CHARS)}`;
}

export function trackTitle({ track: { group, name }, text }: TrackItem): string {
  return `${group} ${name}: ${cut(text, PART_CHARS)}`;
}

/** For the tooltip and the live region: what, when, and the most important circumstance. `atUs`: where it is pointed at. */
export function summaryOf(run: Run, thing: Thing, atUs?: number): string {
  const title = titleOf(run, thing);
  switch (thing.type) {
    case "event": {
      const { event } = thing;
      const told = event.told.filter((each) => each.told !== "").map((each) => each.told);
      const status = event.lane === -1 ? "" : run.statusAt(event.lane, event.timeUs);
      const notes = event.lane === -1 ? [] : event.notes;
      return [title, ...notes, `at ${clockTime(event.timeUs)}, event ${event.id}`, status, ...told]
        .filter(Boolean)
        .map((line) => cut(line, PART_CHARS))
        .join("\n");
    }
    case "message": {
      const { message } = thing;
      const times = `sent ${clockTime(message.sentUs)}, ${duration(message.endedUs - message.sentUs)} on the way`;
      const why = message.why === "" ? "" : `lost to ${message.why}`;
      const struck = message.faults.map(({ kind }) => kind).join(", ");
      return [title, times, why, struck].filter(Boolean).join("\n");
    }
    case "operation": {
      const { invoked, ended } = thing.operation;
      const until = ended === undefined ? "never answered" : `until ${clockTime(ended.timeUs)}`;
      const wrong = run.wrong.has(thing.operation.id) ? "can't be right" : "";
      return [title, `from ${clockTime(invoked.timeUs)} ${until}`, wrong].filter(Boolean).join("\n");
    }
    case "partition":
      return `${title}\nfrom ${clockTime(thing.partition.fromUs)} until ${thing.partition.isEndKnown ? "" : "about "}${clockTime(thing.partition.untilUs)}`;
    case "track": {
      const { track: name, kind, fromUs, untilUs } = thing.item;
      const track = run.tracks[name.index]!;
      const at = atUs ?? fromUs;
      const times =
        kind === "mark" ? `at ${clockTime(fromUs)}` : `from ${clockTime(fromUs)} until ${clockTime(untilUs)}`;
      const more = kind === "span" ? numbersAt(track, at) : trackAt(track, at);
      return [title, times, more].filter(Boolean).join("\n");
    }
    case "fault":
    default:
      return `${title}\n${thing.fault.target}\nat ${clockTime(thing.fault.timeUs)}: ${thing.fault.state}`;
  }
}
