/** Leads each event past the checks that want it: those that look before, the model, those that look after. */
import type { RaftEvent } from "#engines/raft/events.js";
import type { NodeId } from "#engines/raft/types.js";
import type { Check, RaftEventKind } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import type { ServerModel } from "./server-model.js";

interface Listeners {
  readonly before: readonly Check[];
  readonly after: readonly Check[];
}

const ALL_KINDS: Readonly<Record<RaftEventKind, true>> = {
  "raft/booted": true,
  "raft/term-changed": true,
  "raft/role-changed": true,
  "raft/appended": true,
  "raft/truncated": true,
  "raft/persisted": true,
  "raft/committed": true,
  "raft/applied": true,
  "raft/configured": true,
  "raft/snapshot-taken": true,
  "raft/snapshot-installed": true,
  "raft/compacted": true,
  "raft/read-served": true,
  "raft/damaged": true,
  "raft/machine-damaged": true,
  "raft/repaired": true,
};

export class CheckSet {
  readonly #model: ClusterModel;
  readonly #listeners: Map<string, Listeners> = new Map();

  constructor(model: ClusterModel, checks: readonly Check[]) {
    this.#model = model;
    for (const kind of Object.keys(ALL_KINDS) as RaftEventKind[]) {
      const wanting = checks.filter((check) => check.kinds.includes(kind));
      this.#listeners.set(kind, {
        before: wanting.filter((check) => check.before !== undefined),
        after: wanting.filter((check) => check.after !== undefined),
      });
    }
  }

  /** Gives the server that it is about; undefined where it is no event of Raft. */
  observe(node: NodeId, event: { readonly kind: string }): ServerModel | undefined {
    const listeners = this.#listeners.get(event.kind);
    if (listeners === undefined) return undefined;
    const raftEvent = event as RaftEvent;
    const server = this.#model.serverOf(node);
    for (const check of listeners.before) check.before!(server, raftEvent);
    this.#model.observe(server, raftEvent);
    for (const check of listeners.after) check.after!(server, raftEvent);
    return server;
  }
}
