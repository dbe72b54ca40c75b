/** A leader changes its ISR (KIP-497, KIP-841, KIP-903); somebody wishes for another leader. */
import { elrBehind, withLeader } from "../election.js";
import { configOf, isActive } from "../image.js";
import { nextState } from "../transition.js";
import type { IsrMember, MetadataCommand, MetadataImage, PartitionState } from "../types.js";
import {
  NOTHING_TO_DO,
  findLife,
  findPartition,
  hasDuplicates,
  partitionChanged,
  refused,
  type Refused,
  type Verdict,
} from "./verdict.js";

type AlterPartition = Extract<MetadataCommand, { readonly kind: "alterPartition" }>;
type ElectLeader = Extract<MetadataCommand, { readonly kind: "electLeader" }>;

/**
 * The ISR is what the leader says, if it knows the partition as it is. What is in force already is granted again: the
 * leader did not hear of it. That too is said by the log alone: a controller that is none any more can't (KAFKA-14154).
 */
export function alterPartition(image: MetadataImage, command: AlterPartition): Verdict {
  const { partition } = command;
  const entry = findPartition(image, partition);
  if (!entry.ok) return entry;
  const { state } = entry.found;
  const life = findLife(image, command.leader, command.brokerEpoch);
  if (!life.ok) return life;
  const notLeading = whyNotLeading(state, command);
  if (notLeading !== undefined) return notLeading;
  const names = command.isr.map(({ broker }) => broker);
  const isr = state.replicas.filter((replica) => names.includes(replica));
  if (command.partitionEpoch < state.partitionEpoch && isSame(names, state.isr)) {
    return { ...NOTHING_TO_DO, state };
  }
  if (command.partitionEpoch !== state.partitionEpoch) {
    return refused("INVALID_UPDATE_VERSION", `partition epoch ${state.partitionEpoch}`);
  }
  if (hasDuplicates(names) || isr.length < names.length || !isr.includes(command.leader)) {
    return refused("INVALID_REQUEST", `an ISR of ${names.join(" ")}, led by ${command.leader}`);
  }
  const ineligible = command.isr.find((member) => !mayBeInSync(image, member, state));
  if (ineligible !== undefined) {
    return refused("INELIGIBLE_REPLICA", `${ineligible.broker} in epoch ${ineligible.epoch}`);
  }
  const { minInsyncReplicas } = configOf(image, partition);
  const target = { ...state, isr, elr: elrBehind(state, isr, minInsyncReplicas) };
  return partitionChanged(partition, nextState(image, entry.found, target));
}

function whyNotLeading(state: PartitionState, { leader, leaderEpoch }: AlterPartition): Refused | undefined {
  if (leaderEpoch < state.leaderEpoch)
    return refused("FENCED_LEADER_EPOCH", `leader epoch ${state.leaderEpoch}`);
  if (leaderEpoch > state.leaderEpoch) return refused("INVALID_REQUEST", `leader epoch ${state.leaderEpoch}`);
  if (leader !== state.leader)
    return refused("NOT_LEADER_OR_FOLLOWER", `the leader is ${state.leader ?? "nobody"}`);
  return undefined;
}

/** Whoever is on its way out joins no ISR; a leader that is stays in its own until somebody can take over. */
function mayBeInSync(
  image: MetadataImage,
  { broker, epoch }: IsrMember,
  { leader }: PartitionState,
): boolean {
  if (image.brokers.get(broker)?.epoch !== epoch) return false;
  return isActive(image, broker) || broker === leader;
}

/** In whatever order. */
function isSame(isr: readonly string[], other: readonly string[]): boolean {
  return isr.length === other.length && isr.every((member) => other.includes(member));
}

/** Refused where there is nobody who could lead as it was asked for. */
export function electLeader(image: MetadataImage, { partition, mode }: ElectLeader): Verdict {
  const entry = findPartition(image, partition);
  if (!entry.ok) return entry;
  const { state } = entry.found;
  const [preferred] = state.replicas;
  if (mode === "preferred") {
    if (preferred === state.leader) return { ...NOTHING_TO_DO, state };
    const mayLead = preferred !== undefined && state.isr.includes(preferred) && isActive(image, preferred);
    if (!mayLead) return refused("ELIGIBLE_LEADERS_NOT_AVAILABLE", `${preferred} is not in sync`);
    return partitionChanged(partition, nextState(image, entry.found, { ...state, leader: preferred }));
  }
  if (state.leader !== undefined) return { ...NOTHING_TO_DO, state };
  const target = withLeader(image, state, configOf(image, partition).minInsyncReplicas, "unclean");
  if (target.leader === undefined) {
    return refused("ELIGIBLE_LEADERS_NOT_AVAILABLE", "no replica that is alive");
  }
  return partitionChanged(partition, nextState(image, entry.found, target));
}
