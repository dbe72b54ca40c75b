/**
 * The partitions of a broker scenario over time: who leads in which epoch, as the controllers agreed; and of each replica
 * what it believes to be, whether it is in sync, where its log ends and how much of it the replica takes for committed.
 */
import type { BrokerEvent } from "#engines/broker/events.js";
import type { MetadataRecord, PartitionState } from "#engines/broker/metadata/types.js";
import { partitionName, type BrokerId } from "#engines/broker/types.js";
import type { TrackLine, TrackName, TrackPen, TrackWatch } from "#sim/tracks.js";

const LOG_END: TrackLine = { name: "log end" };
const HIGH_WATERMARK: TrackLine = { name: "high watermark", isFilled: true };

export function brokerTracks(pen: TrackPen): TrackWatch {
  const partitions = new Map<string, PartitionTracks>();
  const lives = new Map<BrokerId, number>();
  /** Up to where records of the metadata are drawn: each controller tells of each. */
  let drawn = -1;
  const of = (name: string): PartitionTracks => {
    let tracks = partitions.get(name);
    if (tracks === undefined) partitions.set(name, (tracks = new PartitionTracks(pen, name)));
    return tracks;
  };
  const agreed = (record: MetadataRecord): void => {
    if (record.kind === "partition") of(partitionName(record.partition)).agreed(record.state);
  };
  return (observed, node, life) => {
    if (lives.get(node) !== life) for (const tracks of partitions.values()) tracks.began(node);
    lives.set(node, life);
    const event = observed as BrokerEvent;
    if (event.kind === "controller/applied") {
      if (event.offset > drawn) event.records.forEach(agreed);
      drawn = Math.max(drawn, event.offset);
    } else if ("partition" in event) of(event.partition).told(event, node);
  };
}

type PartitionEvent = Extract<BrokerEvent, { readonly partition: string }>;

class PartitionTracks {
  readonly #pen: TrackPen;
  readonly #name: string;
  /** What each replica believes to be. */
  readonly #roles: Map<BrokerId, string> = new Map();
  #state: PartitionState | undefined;

  constructor(pen: TrackPen, name: string) {
    this.#pen = pen;
    this.#name = name;
  }

  agreed(state: PartitionState): void {
    const before = this.#state;
    this.#state = state;
    const { leader, leaderEpoch } = state;
    const track = { group: this.#name, name: "leader" };
    const text = `${leader ?? "nobody"} leads, epoch ${leaderEpoch}`;
    this.#pen.span(track, leader === undefined ? { text } : { text, colour: leader });
    if (before !== undefined && isUnclean(before, state))
      this.#pen.mark(track, `unclean: ${leader} may lack what is committed`, true);
    for (const replica of new Set([...state.replicas, ...(before?.replicas ?? [])].toSorted()))
      this.#drawMembership(replica);
  }

  /** Another life of a broker: what it believed is gone. */
  began(broker: BrokerId): void {
    if (this.#roles.has(broker)) this.#believes(broker, "");
  }

  told(event: PartitionEvent, broker: BrokerId): void {
    const track = this.#replica(broker);
    switch (event.kind) {
      case "broker/log-opened":
        return this.#pen.level(track, LOG_END, event.logEndOffset);
      case "broker/appended":
        return this.#pen.level(track, LOG_END, event.logEndOffset);
      case "broker/truncated":
        this.#pen.level(track, LOG_END, event.offset);
        return this.#pen.mark(track, `cuts to ${event.offset}`);
      case "broker/log-restarted":
        this.#pen.level(track, LOG_END, event.offset);
        return this.#pen.mark(track, `begins anew at ${event.offset}`);
      case "broker/high-watermark":
        return this.#pen.level(track, HIGH_WATERMARK, event.highWatermark);
      case "broker/became-leader":
        return this.#believes(broker, `leads epoch ${event.epoch}`);
      case "broker/became-follower":
        return this.#believes(broker, `follows ${event.leader ?? "nobody"}, epoch ${event.epoch}`);
      case "broker/diverged":
        return this.#pen.mark(track, `hears: epoch ${event.end.epoch} ends at ${event.end.endOffset}`);
      case "broker/isr-proposed":
        return this.#pen.mark(track, `asks for ISR ${event.isr.join(" ")}`);
      case "broker/log-failed":
        return this.#pen.mark(track, event.reason, true);
      case "broker/log-removed":
        this.#pen.level(track, LOG_END, undefined);
        this.#pen.level(track, HIGH_WATERMARK, undefined);
        return this.#believes(broker, "");
      case "broker/log-start-advanced":
        return this.#pen.mark(track, `deletes up to ${event.offset}`);
      case "broker/compacted":
        return this.#pen.mark(track, `compacts up to ${event.upTo}`);
      case "broker/marker":
        return this.#pen.mark(
          track,
          `${event.isCommit ? "commits" : "aborts"} for producer ${event.producerId}`,
        );
      // What is durable is not drawn, nor what groups read; and the ISR as the controllers agreed on it.
      case "broker/cutting":
      case "broker/flushed":
      case "broker/isr-changed":
      case "group/offset-committed":
      case "group/offset-expired":
      default:
        return;
    }
  }

  #believes(broker: BrokerId, role: string): void {
    this.#roles.set(broker, role);
    this.#drawMembership(broker);
  }

  #drawMembership(broker: BrokerId): void {
    const { replicas = [], isr = [], elr = [] } = this.#state ?? {};
    const track = this.#replica(broker);
    if (!replicas.includes(broker)) return this.#pen.span(track, undefined);
    const isEligible = elr.includes(broker);
    const membership = isr.includes(broker) ? "in ISR" : isEligible ? "not in ISR, eligible" : "not in ISR";
    const text = [membership, this.#roles.get(broker) ?? ""].filter(Boolean).join(" · ");
    if (isr.includes(broker)) this.#pen.span(track, { text, colour: broker });
    else this.#pen.span(track, isEligible ? { text, colour: broker, isFaint: true } : { text });
  }

  #replica(broker: BrokerId): TrackName {
    return { group: this.#name, name: broker, node: broker };
  }
}

/** Somebody leads who was neither in sync nor eligible. */
function isUnclean(before: PartitionState, { leader }: PartitionState): boolean {
  if (leader === undefined || leader === before.leader) return false;
  return !before.isr.includes(leader) && !before.elr.includes(leader);
}
