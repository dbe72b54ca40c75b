/** The operations of the clients: data, drawn before the run, with values that tell which write they are from. */
import type { KeyValueInput } from "#sim/check/linearizability/index.js";
import type { Stream } from "#sim/streams.js";
import { tokenOf } from "./tokens.js";

export type ReadConsistency = "linearizable" | "lease" | "stale";

export interface PlannedOperation {
  readonly input: KeyValueInput;
  /** Of a get. Of a stale one only that somebody wrote what it gives. */
  readonly consistency: ReadConsistency;
  /** How long the client thinks before it. */
  readonly thinkUs: number;
}

/** How often a read is of each kind, in parts of their sum. */
export type ReadMix = Readonly<Record<ReadConsistency, number>>;

export interface WorkloadOptions {
  readonly clients: number;
  readonly keys: number;
  /** Of all clients together. */
  readonly operations: number;
  readonly stormUs: number;
  readonly reads: ReadMix;
  /** How many of a client's operations are reads, in percent; drawn for each client. */
  readonly readPercents: readonly number[];
  /** Bytes by which a quarter of the values are padded. */
  readonly paddingBytes: number;
}

export interface Workload {
  /** By client. */
  readonly operations: readonly (readonly PlannedOperation[])[];
  readonly keys: readonly string[];
}

/** A key's writes so far, in the order in which they were drawn: what a compare-and-set may hope for. */
interface PlannedKey {
  readonly name: string;
  /** Values are appended to; else they are compared and set. */
  readonly isText: boolean;
  last: string | null;
}

/** Of the storm; the rest goes by while operations wait for a cluster that is in trouble. */
const THINKING_PERCENT = 70;

export function drawOperations(stream: Stream, options: WorkloadOptions): Workload {
  const keys = Array.from({ length: options.keys }, (_, i): PlannedKey => ({
    name: `k${i + 1}`,
    isText: i % 2 === 1,
    last: null,
  }));
  const readPercents = Array.from({ length: options.clients }, () => stream.pick(options.readPercents));
  const operations: PlannedOperation[][] = readPercents.map(() => []);
  const perClient = Math.max(1, Math.trunc(options.operations / options.clients));
  const meanThinkUs = Math.trunc((options.stormUs * THINKING_PERCENT) / 100 / perClient);
  for (let id = 0; id < options.operations; id++) {
    const client = id % options.clients;
    const key = stream.pick(keys);
    const paddingBytes = stream.below(4) === 0 ? options.paddingBytes : 0;
    const isRead = stream.below(100) < readPercents[client]!;
    operations[client]!.push({
      input: isRead ? { op: "get", key: key.name } : drawWrite(stream, key, tokenOf(id, paddingBytes)),
      consistency: drawConsistency(stream, options.reads),
      thinkUs: drawThink(stream, meanThinkUs),
    });
  }
  return { operations, keys: keys.map(({ name }) => name) };
}

function drawWrite(stream: Stream, key: PlannedKey, value: string): KeyValueInput {
  const dice = stream.below(100);
  const { name, last } = key;
  if (dice >= 92) {
    key.last = null;
    return { op: "delete", key: name };
  }
  if (key.isText && dice < 75) return { op: "append", key: name, value };
  key.last = value;
  if (key.isText || dice < 45) return { op: "put", key: name, value };
  return { op: "cas", key: name, from: last, to: value };
}

function drawConsistency(stream: Stream, reads: ReadMix): ReadConsistency {
  const dice = stream.below(reads.linearizable + reads.lease + reads.stale);
  if (dice < reads.linearizable) return "linearizable";
  return dice < reads.linearizable + reads.lease ? "lease" : "stale";
}

/** Bursts with pauses between them: within a burst operations of all clients overlap, and so do their faults. */
function drawThink(stream: Stream, meanUs: number): number {
  return stream.below(3) > 0 ? stream.below(2_000) : stream.below(6 * meanUs);
}
