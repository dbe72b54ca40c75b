/** Places in a run, as people name them. */
import { unreachable } from "#engines/env/index.js";
import { clockTime, plural } from "#reports/format.js";
import { UsageError } from "../errors.js";
import { parseDurationUs } from "../input/duration.js";
import { suggest } from "../input/nearest.js";
import { parseCondition, type Condition } from "./condition.js";
import type { Arrival, Journey } from "./journey.js";

export type Place =
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  /** Behind the last event that is not after this time. */
  | { readonly kind: "time"; readonly timeUs: number; readonly text: string }
  | { readonly kind: "event"; readonly id: number }
  /** Where it first holds. */
  | { readonly kind: "condition"; readonly condition: Condition };

/** What to do where nothing is near. */
export const OTHER = "take another condition";

/** Throws `UsageError`; `where` names the option or the command. */
export function parsePlace(where: string, text: string): Place {
  const trimmed = text.trim();
  if (trimmed === "start" || trimmed === "end") return { kind: trimmed };
  if (/^#?\d{1,16}$/.test(trimmed)) return { kind: "event", id: Number(trimmed.replace("#", "")) };
  if (/^\d[\d.]*(us|ms|s|m|h)$/.test(trimmed)) {
    return { kind: "time", timeUs: parseDurationUs(where, trimmed), text: trimmed };
  }
  return { kind: "condition", condition: parseCondition(where, text) };
}

/**
 * Goes there; conditions are looked for from where one is. Throws `UsageError` where the run has no such place: one
 * is anywhere then.
 */
export async function travel(journey: Journey, place: Place, where: string): Promise<Arrival> {
  switch (place.kind) {
    case "start":
      return journey.goTo(0);
    case "end":
      return arrivedAtEnd(await forwardTo(journey, () => false));
    case "time":
      return toTime(journey, place, where);
    case "event":
      return toEvent(journey, place.id, where);
    case "condition": {
      const { condition } = place;
      const arrival = await journey.forward(condition);
      if (arrival !== "end") return arrival;
      throw new UsageError(
        where,
        "a place in the run",
        noMatch(condition, journey),
        hint(condition, journey) ?? OTHER,
      );
    }
    default:
      return unreachable(place);
  }
}

async function toTime(
  journey: Journey,
  { timeUs, text }: { readonly timeUs: number; readonly text: string },
  where: string,
): Promise<Arrival> {
  // Where there is more than one event at a time, it is the last one of them: from before, the first one after it.
  if ((journey.here?.event.timeUs ?? -1) > timeUs) {
    const arrival = await backwardTo(journey, (at) => at <= timeUs);
    return arrival === "end" ? journey.goTo(0) : arrival;
  }
  const arrival = await forwardTo(journey, (at) => at > timeUs);
  if (arrival === "found") return journey.goTo(journey.position - 1);
  if (arrival === "interrupted" || journey.here?.event.timeUs === timeUs) return arrivedAtEnd(arrival);
  throw new UsageError(where, `a time in the run, which ${endText(journey)}`, text, "take an earlier one");
}

async function toEvent(journey: Journey, id: number, where: string): Promise<Arrival> {
  const known = journey.known(id);
  if (known !== undefined) return journey.goTo(known.position);
  const from = journey.position;
  const byId = {
    needsRun: false,
    matcher: () => ({ begin: () => {}, matches: (step: { event: { id: number } }) => step.event.id === id }),
  };
  let arrival = await journey.forward(byId);
  if (arrival === "end" && from > 0) {
    await journey.goTo(from);
    arrival = await journey.backward(byId);
  }
  if (arrival !== "end") return arrival;
  const found = `no event ${id}`;
  throw new UsageError(
    where,
    `an event of the run, which ${endText(journey)}`,
    found,
    "see --break and the timeline",
  );
}

function forwardTo(journey: Journey, fits: (timeUs: number) => boolean): Promise<Arrival> {
  return journey.forward(byTime(fits));
}

function backwardTo(journey: Journey, fits: (timeUs: number) => boolean): Promise<Arrival> {
  return journey.backward(byTime(fits));
}

function byTime(fits: (timeUs: number) => boolean): Condition {
  const matches = (step: { readonly event: { readonly timeUs: number } }): boolean => fits(step.event.timeUs);
  return {
    text: "",
    node: undefined,
    name: undefined,
    needsRun: false,
    matcher: () => ({ begin: () => {}, matches }),
  };
}

/** To look for the end and to find it is no failure. */
function arrivedAtEnd(arrival: Arrival): Arrival {
  return arrival === "end" ? "found" : arrival;
}

function endText(journey: Journey): string {
  const { events, simTimeUs } = journey.report!;
  return `ended at ${clockTime(simTimeUs)} after ${plural(events, "event")}`;
}

/** That nothing matched. */
export function noMatch({ text }: Pick<Condition, "text">, journey: Journey): string {
  const end = journey.report === undefined ? "" : ` in the run, which ${endText(journey)}`;
  return `nothing that matches ${text}${end}`;
}

/** What the user may have meant: `did you mean raft/leader?`. Undefined where nothing is near. */
export function hint({ node, name }: Condition, journey: Journey): string | undefined {
  const nodes = journey.endedRun?.world.nodes.map((each) => each.name) ?? [];
  if (node !== undefined && !nodes.includes(node) && !journey.names.has(node)) return nearest(node, nodes);
  if (name === undefined || journey.names.has(name)) return undefined;
  // Nobody types the id of a fault.
  return nearest(
    name,
    [...journey.names].filter((each) => !each.includes("@")),
  );
}

function nearest(found: string, names: readonly string[]): string | undefined {
  const text = suggest(found, names);
  return text.startsWith("did you mean") ? text : undefined;
}
