/** The topics of the scenario, beside the one that every broker scenario has. */
import type { TopicPartition } from "#engines/broker/types.js";
import type { PlannedRecord, TransactionsPlan } from "./plan.js";

/** What pipelines read. */
export const INPUT = "payments";
/** What they write, and others too. */
export const OUTPUT = "bookings";
export const GROUP = "bookkeepers";

export function inputsOf({ topics }: TransactionsPlan): TopicPartition[] {
  return partitionsOf(INPUT, topics.inputs);
}

export function outputsOf({ topics }: TransactionsPlan): TopicPartition[] {
  return partitionsOf(OUTPUT, topics.outputs);
}

export function placeOf({ to, partition }: PlannedRecord): TopicPartition {
  return { topic: to === "input" ? INPUT : OUTPUT, partition };
}

function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}
