/** The Raft scenarios in words. */
import { unreachable } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import { decodeSessionCommand } from "#engines/raft/sessions.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, Entry, LogPosition } from "#engines/raft/types.js";
import { decodeCommand } from "#engines/raft/kv/index.js";
import type { ClientsTold, Narration, OperationTold } from "#sim/narration.js";
import type { KeyValueInput, KeyValueOperation, ValueOutput } from "#sim/check/linearizability/index.js";
import type { RaftPlan } from "./plan.js";
import type { Operations } from "./operations.js";

export const RAFT_NARRATION: Narration = {
  tell: (event) => tell(event as RaftEvent),
  status: (event) => status(event as RaftEvent),
};

/** Longer values are cut in the middle: padding. */
const SHOWN_CHARS = 24;

function tell(event: RaftEvent): string | undefined {
  switch (event.kind) {
    case "raft/booted":
      return `starts in term ${event.term} with ${logText(event.base, event.entries)}${event.isRepairing ? ", to be repaired" : ""}`;
    case "raft/term-changed":
      return `is in term ${event.term}${event.vote === undefined ? "" : ` and votes for ${event.vote}`}`;
    case "raft/role-changed":
      return event.role === "follower" ? undefined : `becomes ${roleText(event.role)} of term ${event.term}`;
    case "raft/appended":
      return `appends ${entriesText(event.entries)}${event.byLeader ? " as leader" : ""}`;
    case "raft/truncated":
      return `removes its entries from ${event.from} on, which conflict with the leader's`;
    case "raft/committed":
      return `knows ${positionText(event.position)} to be committed`;
    case "raft/configured":
      return `goes by the members ${configurationText(event.configuration)} of entry ${event.index}`;
    case "raft/snapshot-taken":
      return `takes a snapshot at ${positionText(event.position)}`;
    case "raft/snapshot-installed":
      return `installs a snapshot at ${positionText(event.position)}${event.keepsLog ? "" : " in place of its log"}`;
    case "raft/compacted":
      return `drops its log up to ${positionText(event.base)}`;
    case "raft/read-served":
      return `serves a read at ${event.index} (${READS[event.read]})`;
    case "raft/damaged":
      return `finds its files damaged: ${event.reason}`;
    case "raft/repaired":
      return `is repaired, its log ends at ${positionText(event.last)}`;
    // Every entry is: there is nothing to tell of it.
    case "raft/persisted":
    case "raft/applied":
      return undefined;
    default:
      // What a server's files observe comes here too.
      return undefined;
  }
}

const READS = {
  readIndex: "confirmed by a quorum",
  lease: "by its lease",
  stale: "as it stands",
} as const;

function status(event: RaftEvent): string | undefined {
  if (event.kind === "raft/role-changed") return `${roleText(event.role)}, term ${event.term}`;
  // Who campaigns says so right after; all others follow in the new term.
  if (event.kind === "raft/term-changed") return `follower, term ${event.term}`;
  if (event.kind === "raft/booted")
    return `${event.isRepairing ? "repairing" : "follower"}, term ${event.term}`;
  return undefined;
}

function roleText(role: string): string {
  return role === "preCandidate" ? "pre-candidate" : role;
}

function positionText({ index, term }: LogPosition): string {
  return `entry ${index} of term ${term}`;
}

function logText(base: LogPosition, entries: readonly Entry[]): string {
  const behind = base.index > 0 ? ` behind a snapshot at ${base.index}` : "";
  if (entries.length === 0) return `an empty log${behind}`;
  return `entries ${entries[0]!.index} to ${entries.at(-1)!.index}${behind}`;
}

function entriesText(entries: readonly Entry[]): string {
  const [first] = entries;
  if (first === undefined) return "nothing";
  if (entries.length > 1)
    return `entries ${first.index} to ${entries.at(-1)!.index} of term ${entries.at(-1)!.term}`;
  return `${positionText(first)}: ${entryText(first)}`;
}

function entryText({ kind, data }: Entry): string {
  if (kind !== "command") return kind === "noop" ? "the start of its term" : kind;
  const framed = decodeSessionCommand(data);
  if (framed?.kind === "open") return "a session is opened";
  try {
    const command = decodeCommand(framed?.command ?? data);
    return `${command.op} ${command.key}`;
  } catch (error) {
    // A broken engine may hold anything.
    if (error instanceof RaftError) return "a command that can't be read";
    throw error;
  }
}

function configurationText({ voters, learners }: Configuration): string {
  const asLearners = learners.length === 0 ? "" : `, learning: ${learners.join(" ")}`;
  return `${voters.join(" ")}${asLearners}`;
}

/** What the clients asked for and were answered. */
export function clientsOf(plan: RaftPlan, operations: Operations): ClientsTold<KeyValueInput, ValueOutput> {
  return {
    history: operations.history,
    name: (client) => (client < plan.clients.length ? `c${client + 1}` : "auditor"),
    describe: (operation) => describe(operation, operations.leaseReads.has(operation.id)),
  };
}

function describe(operation: KeyValueOperation, isLease: boolean): OperationTold {
  const { input } = operation;
  return {
    asked: `${asked(input)}${isLease ? " by lease" : ""}`,
    answered: answered(operation),
    key: input.key,
  };
}

function asked(input: KeyValueInput): string {
  switch (input.op) {
    case "get":
    case "delete":
      return `${input.op} ${input.key}`;
    case "put":
      return `put ${input.key} = ${shown(input.value)}`;
    case "append":
      return `append ${shown(input.value)} to ${input.key}`;
    case "cas":
      return `set ${input.key} from ${shown(input.from)} to ${shown(input.to)}`;
    default:
      return unreachable(input);
  }
}

function answered({ input, outcome, output, reason }: KeyValueOperation): string {
  if (outcome === "open") return "";
  if (outcome !== "ok") return `${outcome}: ${reason ?? ""}`;
  if (input.op === "get") return shown(output as string | null);
  if (input.op === "cas") return output === true ? "ok" : "no match";
  return input.op === "delete" && output === false ? "ok, was absent" : "ok";
}

function shown(value: string | number | null): string {
  if (value === null) return "absent";
  const text = String(value).replaceAll(/_{2,}/g, "_");
  return JSON.stringify(text.length > SHOWN_CHARS ? `...${text.slice(-SHOWN_CHARS)}` : text);
}
