/** One event of a run and all that happened in it. */
import type { TraceRecord } from "#sim/trace.js";

/** What was noted while the event was handled, in the order in which it happened within each kind. */
export type Note =
  | {
      readonly type: "observed";
      readonly node: string;
      /** As the engine named it: `raft/role-changed`. */
      readonly kind: string;
      /** In the scenario's words; undefined where it has none for it. */
      readonly told: string | undefined;
      /** What the node is from now on; undefined where that did not change. */
      readonly status: string | undefined;
      /** The first word of `status`, where it is another than before. */
      readonly became: string | undefined;
    }
  | { readonly type: "reached"; readonly node: string; readonly mark: string }
  | {
      readonly type: "fault";
      readonly node: string;
      readonly id: string;
      readonly kind: string;
      readonly target: string;
    }
  | {
      readonly type: "asked" | "answered";
      /** The client's name. */
      readonly node: string;
      readonly operation: number;
      readonly text: string;
    }
  | { readonly type: "found"; readonly node: string; readonly invariant: string; readonly message: string };

export interface Step {
  /** The how-manieth event of the run it is, from 1. */
  readonly position: number;
  /** Time of the event before; -1 for the first one. */
  readonly previousUs: number;
  readonly event: TraceRecord;
  readonly effects: readonly TraceRecord[];
  readonly notes: readonly Note[];
}

/** The running hash once the event was handled: where two runs part is where these do. */
export function digestOf({ event, effects }: Step): number {
  return (effects.at(-1) ?? event).digest;
}

/** Every name that stands in the step, with the node that it is about: what conditions are matched against. */
export function* namesOf({ event, effects, notes }: Step): Generator<readonly [name: string, node: string]> {
  yield* recordNames(event);
  for (const effect of effects) yield* recordNames(effect);
  for (const note of notes) {
    switch (note.type) {
      case "observed":
        yield [note.kind, note.node];
        if (note.became !== undefined) {
          yield [note.became, note.node];
          yield [`${note.kind.slice(0, note.kind.indexOf("/"))}/${note.became}`, note.node];
        }
        break;
      case "reached":
        yield [note.mark, note.node];
        break;
      case "fault":
        yield ["fault", note.node];
        yield [note.kind, note.node];
        yield [note.id, note.node];
        break;
      case "asked":
      case "answered":
        yield [note.type, note.node];
        break;
      case "found":
        yield [note.invariant, note.node];
    }
  }
}

function* recordNames({ type, kind, node, message }: TraceRecord): Generator<readonly [string, string]> {
  yield [kind, node];
  if (type === "event" && node !== "") yield [node, node];
  if (message !== undefined) yield [message.type, node === "" ? message.to : node];
}
