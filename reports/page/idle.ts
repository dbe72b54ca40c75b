/** Who did nothing in a run: of a shrunk one, most clients. */
import type { View } from "./view.js";

/** That a process was started, waited and ended is nothing. */
const NOTHING = /^(?:process\/(?:boot|exit)|clock\/)/;

/** Names of lanes that nothing happened to in the whole run. Empty where not all of it was recorded. */
export function idleLanes({ recording, laneNames }: View): Set<string> {
  // Of the rest nothing is known.
  if (recording.windowFromUs > 0) return new Set();
  const busy = new Set<string>();
  for (const { node, kind, message } of recording.records) {
    if (!NOTHING.test(kind)) busy.add(node);
    if (message !== undefined) busy.add(message.from).add(message.to);
  }
  for (const { node } of recording.observations) busy.add(node);
  for (const { client } of recording.operations) busy.add(client);
  for (const { node, state } of recording.faults) if (state !== "planned") busy.add(node);
  for (const { node } of recording.findings) busy.add(node);
  return new Set(laneNames.filter((name) => !busy.has(name)));
}
