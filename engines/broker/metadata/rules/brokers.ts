/** Brokers come, go, and come back (KIP-631, KIP-841, KIP-966). */
import type { BrokerId } from "../../types.js";
import { withoutBroker, type Departure } from "../departure.js";
import { modeOf, withLeader } from "../election.js";
import { applyRecord, configOf } from "../image.js";
import { nextState } from "../transition.js";
import type { BrokerState, MetadataCommand, MetadataImage, MetadataRecord } from "../types.js";
import { NOTHING_TO_DO, findLife, type Verdict } from "./verdict.js";

type Command<Kind extends MetadataCommand["kind"]> = Extract<MetadataCommand, { readonly kind: Kind }>;

/**
 * A broker's life begins, fenced, and the one before it is over: it leads nothing any more and is in no ISR. That holds
 * also where the earlier one is not fenced yet. Kafka refuses then (DUPLICATE_BROKER_REGISTRATION) until its session
 * has ended, since two machines may have been given one id; here the id is the network address, which only one process
 * can have. Should the command be a late copy of an earlier life's, that life's epoch is nobody's: the living broker
 * hears STALE_BROKER_EPOCH and registers again.
 */
export function register(image: MetadataImage, command: Command<"register">): Verdict {
  const { broker: id, incarnation, previousEpoch } = command;
  const known = image.brokers.get(id);
  if (known?.incarnation === incarnation) return { ...NOTHING_TO_DO, value: known.epoch };
  const { offset: epoch } = image;
  const broker = { id, epoch, incarnation, isFenced: true, fencedAt: epoch, isShuttingDown: false };
  // Unless it says that its logs were closed in order, in its last known life, they may lack what it had (KIP-966).
  const wasClean = known !== undefined && previousEpoch === known.epoch;
  return {
    ok: true,
    records: departure(image, broker, wasClean ? "fenced" : "unclean"),
    value: broker.epoch,
  };
}

/** It leads nothing any more, and is in no ISR. */
export function fence(image: MetadataImage, { broker, epoch }: Command<"fence">): Verdict {
  const life = findLife(image, broker, epoch);
  if (!life.ok) return life;
  if (life.found.isFenced) return NOTHING_TO_DO;
  return {
    ok: true,
    records: departure(image, { ...life.found, isFenced: true, fencedAt: image.offset }, "fenced"),
  };
}

/**
 * Whom it leads or follows, others take over where they can without a loss; it joins no ISR from now on (KIP-841,
 * KAFKA-13916). Asked again, moves what can be moved by then.
 */
export function beginShutdown(image: MetadataImage, { broker, epoch }: Command<"beginShutdown">): Verdict {
  const life = findLife(image, broker, epoch);
  if (!life.ok) return life;
  const { found } = life;
  if (!found.isShuttingDown) {
    return { ok: true, records: departure(image, { ...found, isShuttingDown: true }, "shutdown") };
  }
  return { ok: true, records: partitionsWithout(image, broker, "shutdown") };
}

/**
 * It may lead: first of all what nobody leads, where it is eligible, or anybody is. It has seen the record that fenced
 * it, its registration (KIP-631) or a later one: what it said before then, and was late, says nothing of it now.
 */
export function unfence(image: MetadataImage, command: Command<"unfence">): Verdict {
  const { broker, epoch, metadataOffset } = command;
  const life = findLife(image, broker, epoch);
  if (!life.ok) return life;
  if (!life.found.isFenced || metadataOffset <= life.found.fencedAt) return NOTHING_TO_DO;
  const record: MetadataRecord = { kind: "broker", broker: { ...life.found, isFenced: false } };
  const after = applyRecord(image, record);
  const records: MetadataRecord[] = [record];
  for (const entry of after.partitions.values()) {
    const { partition, state } = entry;
    if (state.leader !== undefined || !state.replicas.includes(broker)) continue;
    const { minInsyncReplicas } = configOf(after, partition);
    const target = withLeader(after, state, minInsyncReplicas, modeOf(after, entry));
    if (target.leader === undefined) continue;
    records.push({ kind: "partition", partition, state: nextState(after, entry, target) });
  }
  return { ok: true, records };
}

/** The broker's new state, and the partitions without it, in one command: nobody sees one without the other. */
function departure(image: MetadataImage, broker: BrokerState, how: Departure): MetadataRecord[] {
  const record: MetadataRecord = { kind: "broker", broker };
  return [record, ...partitionsWithout(applyRecord(image, record), broker.id, how)];
}

function partitionsWithout(image: MetadataImage, broker: BrokerId, how: Departure): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const entry of image.partitions.values()) {
    const state = withoutBroker(image, entry, broker, how);
    if (state !== undefined) records.push({ kind: "partition", partition: entry.partition, state });
  }
  return records;
}
