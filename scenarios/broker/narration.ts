/** The broker scenarios in words. */
import type { BatchSeen, BrokerEvent } from "#engines/broker/events.js";
import type { PartitionState } from "#engines/broker/metadata/types.js";
import type { ClientsTold, Narration, OperationTold } from "#sim/narration.js";
import type { PartitionAnswer, PartitionInput, PartitionOperation } from "#sim/check/index.js";
import { tellGroup, tellMember } from "./group-narration.js";
import { groupTracks } from "./group-tracks.js";
import type { Operations } from "./operations.js";
import type { BrokerPlan } from "./plan.js";
import { brokerTracks } from "./tracks.js";
import { transactionTracks } from "./transaction-tracks.js";

export const BROKER_NARRATION: Narration = {
  tell: (event) => tell(event as BrokerEvent),
  status: (event) => status(event as BrokerEvent),
  tracks(pen) {
    const all = [groupTracks, transactionTracks, brokerTracks].map((tracks) => tracks(pen));
    return (event, node, life) => all.forEach((watch) => watch(event, node, life));
  },
};

function tell(event: BrokerEvent): string | undefined {
  switch (event.kind) {
    case "broker/log-opened":
      return `finds ${event.partition} from ${event.logStartOffset} to ${event.logEndOffset}, durable up to ${event.recoveryPoint}`;
    case "broker/appended":
      return `appends ${batchesText(event.batches)} to ${event.partition}${event.asLeader ? " as its leader" : ""}`;
    case "broker/truncated":
      return `cuts ${event.partition} back to ${event.offset}`;
    case "broker/log-restarted":
      return `begins ${event.partition} anew at ${event.offset}`;
    case "broker/log-start-advanced":
      return `deletes ${event.partition} up to ${event.offset}`;
    case "broker/compacted":
      return `compacts ${event.partition} up to ${event.upTo}`;
    case "broker/log-removed":
      return `removes ${event.partition}, of which it is no replica any more`;
    case "broker/log-failed":
      return `can't go on with ${event.partition}: ${event.reason}`;
    case "broker/became-leader":
      return `becomes the leader of ${event.partition} in epoch ${event.epoch}, from ${event.startOffset} on`;
    case "broker/became-follower":
      return event.leader === undefined
        ? `follows nobody in ${event.partition}, epoch ${event.epoch}`
        : `follows ${event.leader} in ${event.partition}, epoch ${event.epoch}`;
    case "broker/diverged":
      return `hears that its ${event.partition} parts from the leader's behind epoch ${event.end.epoch}, at ${event.end.endOffset}`;
    case "broker/high-watermark":
      return `takes ${event.partition} for committed up to ${event.highWatermark}`;
    case "broker/isr-proposed":
      return `asks for the ISR ${event.isr.join(" ")} of ${event.partition}`;
    case "broker/isr-changed":
      return `has the ISR ${event.state.isr.join(" ")} of ${event.partition} confirmed`;
    case "broker/registered":
      return `registers as life ${event.epoch}${event.wasClean ? "" : ", not shut down in order before"}`;
    case "broker/fenced":
      return event.isFenced ? "is fenced" : "is fenced no longer";
    case "broker/marker":
      return `ends a transaction of producer ${event.producerId} in ${event.partition}: ${event.isCommit ? "committed" : "aborted"}`;
    case "controller/activated":
      return `is the active controller, in term ${event.term}`;
    case "controller/resigned":
      return "is the active controller no longer";
    case "controller/applied":
      return appliedText(event);
    case "group/loaded":
    case "group/generation":
    case "group/member-epoch":
    case "group/state":
    case "group/member-absent":
    case "group/member-left":
    case "group/offset-committed":
    case "group/offset-expired":
    case "group/removed":
      return tellGroup(event);
    case "consumer/assigned":
    case "consumer/revoked":
    case "consumer/lost":
    case "consumer/committed":
      return tellMember(event);
    case "transaction/state": {
      const { transactionalId, state, producerId, epoch, partitions } = event;
      const over = partitions.length === 0 ? "" : `, over ${partitions.join(" ")}`;
      return `has ${transactionalId} in state ${state}, producer ${producerId} epoch ${epoch}${over}`;
    }
    // Each comes again and again: there is nothing to tell of it.
    case "broker/flushed":
    case "broker/cutting":
    case "broker/metadata-applied":
      return undefined;
    default:
      // What files and Raft observe comes here too.
      return undefined;
  }
}

function appliedText({
  records,
}: Extract<BrokerEvent, { readonly kind: "controller/applied" }>): string | undefined {
  const texts = records.flatMap((record) => {
    if (record.kind === "broker") {
      const { id, epoch, isFenced } = record.broker;
      return [`${id} of life ${epoch} ${isFenced ? "fenced" : "not fenced"}`];
    }
    if (record.kind !== "partition") return [];
    const { topic, partition } = record.partition;
    return [`${topic}-${partition}: ${stateText(record.state)}`];
  });
  return texts.length === 0 ? undefined : `agrees on ${texts.join("; ")}`;
}

export function stateText({ leader, leaderEpoch, isr, elr, adding }: PartitionState): string {
  const eligible = elr.length === 0 ? "" : `, eligible ${elr.join(" ")}`;
  const coming = adding.length === 0 ? "" : `, adding ${adding.join(" ")}`;
  return `leader ${leader ?? "none"} in epoch ${leaderEpoch}, ISR ${isr.join(" ")}${eligible}${coming}`;
}

function batchesText(batches: readonly BatchSeen[]): string {
  const [first] = batches;
  if (first === undefined) return "nothing";
  return `${first.baseOffset}..${batches.at(-1)!.lastOffset} of epoch ${batches.at(-1)!.leaderEpoch}`;
}

function status(event: BrokerEvent): string | undefined {
  if (event.kind === "controller/activated") return `active, term ${event.term}`;
  if (event.kind === "controller/resigned") return "standby";
  if (event.kind === "broker/became-leader") return `leader, epoch ${event.epoch} of ${event.partition}`;
  if (event.kind === "broker/became-follower") return `follower, epoch ${event.epoch} of ${event.partition}`;
  if (event.kind === "broker/fenced") return event.isFenced ? "fenced" : "follower";
  return undefined;
}

/** What the clients asked for and were answered. */
export function clientsOf(
  { producers, consumers }: BrokerPlan,
  { oracle }: Operations,
): ClientsTold<PartitionInput, PartitionAnswer> {
  return {
    history: oracle.history,
    name(client) {
      if (client < producers.length) return `p${client + 1}`;
      const reader = client - producers.length;
      return reader < consumers.length ? `r${reader + 1}` : "admin";
    },
    describe,
  };
}

function describe(operation: PartitionOperation): OperationTold {
  return { asked: asked(operation.input), answered: answered(operation), key: operation.input.partition };
}

function asked(input: PartitionInput): string {
  if (input.kind === "end") return `end of ${input.partition}`;
  if (input.kind === "read") return `read ${input.partition} from ${input.from}`;
  const key = input.key === undefined ? "" : ` under ${input.key}`;
  const what = input.isTombstone === true ? "tombstone" : "record";
  return `send ${what} ${input.value}${key} to ${input.partition}${input.isPromised ? "" : " without acks all"}`;
}

function answered({ outcome, output, reason = "" }: PartitionOperation): string {
  if (outcome === "open") return "";
  if (outcome !== "ok" || output === undefined) return `${outcome}, ${reason}`;
  if (output.kind === "records") return `${output.count} records`;
  if (output.kind === "end") return `${output.offset}, says epoch ${output.term}`;
  return output.offset === undefined ? "ok" : `at ${output.offset}`;
}
