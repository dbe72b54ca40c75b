/** What a check is. */
import type { RaftEvent } from "#engines/raft/events.js";
import type { ServerModel } from "./server-model.js";

/** Told of each broken rule: its stable name, and what was seen. */
export type Report = (invariant: string, message: string) => void;

export type RaftEventKind = RaftEvent["kind"];
export type EventOf<Kind extends RaftEventKind> = Extract<RaftEvent, { readonly kind: Kind }>;

/** One rule, or a few that are one, over the events of all servers. */
export interface Check {
  /** The events that it wants to see. */
  readonly kinds: readonly RaftEventKind[];
  /** The model is as it was before the event. */
  before?(server: ServerModel, event: RaftEvent): void;
  /** The model has followed the event. */
  after?(server: ServerModel, event: RaftEvent): void;
}
