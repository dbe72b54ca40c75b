/** Lists of partitions, which are in order, and have nothing twice. */
import { partitionNames } from "../../partition-names.js";
import { partitionName, type TopicPartition } from "../../types.js";
import type { CurrentAssignment, OwnedPartition } from "./types.js";

export function ownedInOrder(owned: readonly OwnedPartition[]): OwnedPartition[] {
  return owned.toSorted((a, b) => compare(a.partition, b.partition));
}

export function partitionsOf(owned: readonly OwnedPartition[]): TopicPartition[] {
  return owned.map(({ partition }) => partition);
}

/** What nobody else may have: what it has, and what it has yet to give up. */
export function heldBy({ assigned, revoking }: CurrentAssignment): TopicPartition[] {
  return partitionsOf([...assigned, ...revoking]);
}

/** Whether all of `some` are among `all`. */
export function areAmong(some: readonly TopicPartition[], all: readonly TopicPartition[]): boolean {
  const names = partitionNames(all);
  return some.every((partition) => names.has(partitionName(partition)));
}

/** In whatever order they are told. */
export function areSame(left: readonly TopicPartition[], right: readonly TopicPartition[]): boolean {
  return areAmong(left, right) && areAmong(right, left);
}

function compare(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
