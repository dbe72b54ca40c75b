/** Who leads a partition, and what that makes of its state. */
import { assert } from "../../env/index.js";
import type { BrokerId } from "../types.js";
import { configOf, isActive, type PartitionEntry } from "./image.js";
import type { MetadataImage, PartitionState } from "./types.js";

/** Without the epochs, which `nextState` counts, and without whom it has to remember. */
export type PartitionTarget = Omit<PartitionState, "leaderEpoch" | "partitionEpoch" | "lastKnownElr">;

/** `clean`: only who certainly holds every committed record. `unclean`: where there is no such, anybody alive. */
export type ElectionMode = "clean" | "unclean";

/** The mode that the topic's owner chose for elections that nobody asked for. */
export function modeOf(image: MetadataImage, { partition }: PartitionEntry): ElectionMode {
  return configOf(image, partition).allowsUncleanElection ? "unclean" : "clean";
}

/**
 * The eligible leader replicas once `isr` is in force: below the minimum, whoever left the ISR since it was reached;
 * the high watermark stands still there, so they still hold everything below it (KIP-966).
 */
export function elrBehind(
  { replicas, isr: before, elr }: PartitionTarget,
  isr: readonly BrokerId[],
  minInsyncReplicas: number,
): BrokerId[] {
  if (isr.length >= minInsyncReplicas) return [];
  return replicas.filter(
    (replica) => (before.includes(replica) || elr.includes(replica)) && !isr.includes(replica),
  );
}

/**
 * The target with the leader that is to be: the first of the replicas that is alive and in sync; else one that is
 * eligible (KIP-966); else, in mode `unclean`, one that is alive; else none.
 */
export function withLeader(
  image: MetadataImage,
  target: PartitionTarget,
  minInsyncReplicas: number,
  mode: ElectionMode,
): PartitionTarget {
  const alive = target.replicas.filter((replica) => isActive(image, replica));
  const inSync = alive.find((replica) => target.isr.includes(replica));
  if (inSync !== undefined) return { ...target, leader: inSync };
  assert(target.isr.length === 0, "whoever is in sync is alive, but for a leader that goes");
  const eligible = alive.find((replica) => target.elr.includes(replica));
  if (eligible !== undefined) {
    const isr = [eligible];
    return { ...target, leader: eligible, isr, elr: elrBehind(target, isr, minInsyncReplicas) };
  }
  const [anybody] = alive;
  if (mode === "clean" || anybody === undefined) return { ...target, leader: undefined };
  // Its log is what counts from now on, whatever others hold: nobody but itself has all of that.
  return { ...target, leader: anybody, isr: [anybody], elr: [] };
}
