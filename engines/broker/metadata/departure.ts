import type { BrokerId } from "../types.js";
import { elrBehind, modeOf, withLeader } from "./election.js";
import { configOf, type PartitionEntry } from "./image.js";
import { nextState } from "./transition.js";
import type { MetadataImage, PartitionState } from "./types.js";

/** How a broker goes: in order; without a word; or so that its disk may have lost what it had (KIP-966). */
export type Departure = "shutdown" | "fenced" | "unclean";

/** The partition's state without the broker in it. Undefined where nothing changes. */
export function withoutBroker(
  image: MetadataImage,
  entry: PartitionEntry,
  broker: BrokerId,
  departure: Departure,
): PartitionState | undefined {
  const { partition, state } = entry;
  const { minInsyncReplicas } = configOf(image, partition);
  const isInSync = state.isr.includes(broker);
  const losesEligibility = departure === "unclean" && state.elr.includes(broker);
  if (!isInSync && !losesEligibility) return undefined;
  const isr = state.isr.filter((member) => member !== broker);
  const eligible = elrBehind(state, isr, minInsyncReplicas);
  const elr = departure === "unclean" ? eligible.filter((member) => member !== broker) : eligible;
  const target = { ...state, isr, elr };
  if (state.leader !== broker) return nextState(image, entry, target);
  // Whoever shuts down in order leads on where nobody could take over without a loss.
  const mode = departure === "shutdown" ? "clean" : modeOf(image, entry);
  const successor = withLeader(image, target, minInsyncReplicas, mode);
  if (departure === "shutdown" && successor.leader === undefined) return undefined;
  return nextState(image, entry, successor);
}
