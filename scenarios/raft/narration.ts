/** The Raft scenarios in words. */
import { unreachable } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import { decodeSessionCommand } from "#engines/raft/sessions.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, Entry, LogPosition } from "#engines/raft/types.js";
import { decodeCommand, decodeQuery, decodeResult } from "#engines/raft/kv/index.js";
import type { ClientsTold, Narration, OperationTold } from "#sim/narration.js";
import type {
  Explanation,
  KeyValueInput,
  KeyValueOperation,
  ValueOutput,
} from "#sim/check/linearizability/index.js";
import type { RaftPlan } from "./plan.js";
import type { Operations } from "./operations.js";

export const RAFT_NARRATION: Narration = {
  tell: (event) => tell(event as RaftEvent),
  status: (event) => status(event as RaftEvent),
  decode,
};

/** Operations of a violation that are shown. */
const SHOWN_OPERATIONS = 12;
/** Longer values are cut in the middle: padding. */
const SHOWN_CHARS = 24;

function tell(event: RaftEvent): string | undefined {
  switch (event.kind) {
    case "raft/booted":
      return `starts in term ${event.term} with ${logText(event.base, event.entries)}${event.isRepairing ? ", to be repaired" : ""}`;
    case "raft/term-changed":
      return `is in term ${event.term}${event.vote === undefined ? "" : ` and grants ${event.vote} its vote`}`;
    case "raft/role-changed":
      return event.role === "follower" ? undefined : `becomes ${roleText(event.role)} of term ${event.term}`;
    case "raft/appended":
      return `appends ${entriesText(event.entries)}${event.byLeader ? " as leader" : ""}`;
    case "raft/truncated":
      return `removes its entries from ${event.from} on`;
    case "raft/committed":
      return `advances its commit index to ${positionText(event.position)}`;
    case "raft/configured":
      return `goes by the members ${configurationText(event.configuration)} of entry ${event.index}`;
    case "raft/snapshot-taken":
      return `takes a snapshot at ${positionText(event.position)}`;
    case "raft/snapshot-installed":
      return `installs a snapshot at ${positionText(event.position)}${event.keepsLog ? "" : " in place of its log"}`;
    case "raft/compacted":
      return `drops its log up to ${positionText(event.base)}`;
    case "raft/read-served":
      return `answers a read at ${event.index} ${READS[event.read]}`;
    case "raft/damaged":
      return `finds its files damaged: ${event.reason}`;
    case "raft/machine-damaged":
      return `finds the files of its state machine damaged, and begins them anew: ${event.reason}`;
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

/** Which way the read took. Whether it was right to is for the checks to say. */
const READS = { readIndex: "by read index", lease: "by lease", stale: "stale" } as const;

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
  if (kind !== "command") return kind === "noop" ? "a no-op" : kind;
  return commandText(data);
}

/** A command, in the frame of its session or without one. */
function commandText(bytes: Uint8Array): string {
  const framed = decodeSessionCommand(bytes);
  if (framed?.kind === "open") return "a session is opened";
  const command = readable(() => decodeCommand(framed?.command ?? bytes));
  return command === undefined ? "a command that can't be read" : asked(command);
}

/** Undefined where the bytes are of another kind: a broken engine may hold anything. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RaftError) return undefined;
    throw error;
  }
}

function queryText(bytes: Uint8Array): string | undefined {
  const query = readable(() => decodeQuery(bytes));
  return query === undefined ? undefined : asked(query);
}

function resultText(bytes: Uint8Array): string | undefined {
  const result = readable(() => decodeResult(bytes));
  if (result === undefined) return undefined;
  return "value" in result ? `${result.kind} ${shown(result.value)}` : result.kind;
}

/** What the bytes in messages and states are, by the names of their fields. */
const TEXTS: Readonly<Record<string, (bytes: Uint8Array) => string | undefined>> = {
  command: commandText,
  data: commandText,
  query: queryText,
  value: resultText,
};

const MAX_DEPTH = 6;

function decode(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return value;
  if (value instanceof Uint8Array || value instanceof Map || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map((each) => decode(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]: [string, unknown]) => [
      name,
      field instanceof Uint8Array ? (fieldText(name, field, value) ?? field) : decode(field, depth + 1),
    ]),
  );
}

function fieldText(name: string, bytes: Uint8Array, owner: object): string | undefined {
  // The data of other entries are members and nothing.
  if ("kind" in owner && owner.kind !== "command") return undefined;
  return Object.hasOwn(TEXTS, name) ? TEXTS[name]!(bytes) : undefined;
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

/** Why the answers can't be right, in the words of `clientsOf`. The last operation is the one that fits nowhere. */
export function violationText(
  clients: ClientsTold<KeyValueInput, ValueOutput>,
  { prefix, operation, state, key }: Explanation<string | number | null, KeyValueInput, ValueOutput>,
): string {
  const line = (each: KeyValueOperation): string => {
    const { asked: what, answered: answer } = clients.describe(each);
    return `${clients.name(each.client)}: ${what} -> ${answer === "" ? "no answer" : answer}`;
  };
  const shownLast = prefix.slice(-SHOWN_OPERATIONS);
  const hidden = prefix.length - shownLast.length;
  return [
    `no order of the operations explains an answer: ${line(operation)}`,
    `the operations on ${String(key)} before it, in an order that explains theirs:`,
    ...(hidden > 0 ? [`  ... ${hidden} before these`] : []),
    ...shownLast.map((each) => `  ${line(each)}`),
    `after which ${String(key)} is ${shown(state)}`,
  ].join("\n");
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

/** A value as people read it: without padding, and cut. */
export function shown(value: string | number | null): string {
  if (value === null) return "absent";
  const text = String(value).replaceAll(/_{2,}/g, "_");
  return JSON.stringify(text.length > SHOWN_CHARS ? `...${text.slice(-SHOWN_CHARS)}` : text);
}
