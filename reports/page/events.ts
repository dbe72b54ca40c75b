/** Events with their effects, and what nodes told and were. */
import type { EffectRow, EventRow, StateRow, ToldRow } from "./shared/model.js";
import { cutText } from "./cut-text.js";
import { difference } from "./shared/difference.js";
import type { View } from "./view.js";

/** Says the same of every disk at the end of every run: for the trace hash, not for people. */
const FOR_THE_HASH = "disk/fingerprint";

export function eventRows(view: View): EventRow[] {
  const { records, words } = view;
  const rows: [...EventRow][] = [];
  for (const record of records) {
    const { type, id, kind, sizeBytes, detail } = record;
    if (type === "event") {
      const { cause, timeUs, node, incarnation } = record;
      const who = view.lane(node !== "" ? node : (record.message?.to ?? ""));
      rows.push([
        id,
        cause,
        timeUs,
        who,
        incarnation,
        words.add(kind),
        sizeBytes,
        words.add(cutText(detail)),
      ]);
      continue;
    }
    const last = rows.at(-1);
    // The event itself may lie before the first record that was kept.
    if (last === undefined || last[0] !== id || record.message !== undefined || kind === FOR_THE_HASH)
      continue;
    const effect: EffectRow = [words.add(kind), sizeBytes, words.add(cutText(detail))];
    last.push(effect);
  }
  return rows;
}

export function toldRows(view: View): ToldRow[] {
  const { words, recording } = view;
  const notes = recording.notes
    .filter(({ timeUs }) => view.holds(timeUs))
    .map(({ eventId, text }): ToldRow => [eventId, -1, words.add("scenario/note"), words.add(cutText(text))]);
  const told = recording.observations
    .filter(({ timeUs }) => view.holds(timeUs))
    .map(({ eventId, node, kind, told: what }): ToldRow => [
      eventId,
      view.lane(node),
      words.add(kind),
      words.add(cutText(what ?? "")),
    ]);
  return [...notes, ...told];
}

/** The last state before the window comes first, so that every moment of it has one. */
export function stateRows(view: View): StateRow[] {
  const before = new Map<string, unknown>();
  const rows: StateRow[] = [];
  const { fromUs, untilUs } = view.window;
  const first = new Map(
    view.recording.states.filter(({ timeUs }) => timeUs < fromUs).map((state) => [state.node, state]),
  );
  const shown = view.recording.states.filter(({ timeUs }) => timeUs >= fromUs && timeUs <= untilUs);
  for (const { eventId, timeUs, node, incarnation, state } of [...first.values(), ...shown]) {
    // What JSON leaves out must not come back as a difference.
    const plain = JSON.parse(JSON.stringify(state)) as unknown;
    rows.push([eventId, timeUs, view.lane(node), incarnation, difference(before.get(node), plain)]);
    before.set(node, plain);
  }
  return rows;
}
