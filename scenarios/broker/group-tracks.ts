/**
 * Consumer groups over time: their generations, as coordinators have them; and of each partition whose it is, by the last
 * generation and by what the members themselves do, and how far the group is in it against the end of the log.
 */
import type { GroupConsumerEvent } from "#engines/broker/client/group/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { GenerationSeen, GroupEvent, MemberEpochSeen } from "#engines/broker/group/index.js";
import type { Offset } from "#engines/broker/types.js";
import type { TrackLine, TrackName, TrackPen, TrackSpan, TrackWatch } from "#sim/tracks.js";
import { sharesOf } from "./group-narration.js";

const COMMITTED: TrackLine = { name: "committed", isFilled: true };
const LOG_END: TrackLine = { name: "log end" };

export function groupTracks(pen: TrackPen): TrackWatch {
  const groups = new Map<string, GroupTracks>();
  const lives = new Map<string, number>();
  const ends = new LogEnds();
  const of = (name: string): GroupTracks => {
    let tracks = groups.get(name);
    if (tracks === undefined) groups.set(name, (tracks = new GroupTracks(pen, name, ends)));
    return tracks;
  };
  return (observed, node, life) => {
    if (lives.get(node) !== life) for (const tracks of groups.values()) tracks.began(node);
    lives.set(node, life);
    const event = observed as BrokerEvent;
    if (event.kind === "group/loaded") for (const seen of event.groups) of(seen.group).loaded(seen, node);
    else if (event.kind.startsWith("group/")) told(of, event as GroupEvent, node);
    else if (event.kind.startsWith("consumer/")) {
      const { group } = event as GroupConsumerEvent;
      of(group).memberSaid(event as GroupConsumerEvent, node);
    } else if (ends.moved(event, node) && "partition" in event)
      for (const tracks of groups.values()) tracks.logEnds(event.partition);
  };
}

type ToldOfOne = Exclude<GroupEvent, { readonly kind: "group/loaded" }>;

function told(of: (name: string) => GroupTracks, event: GroupEvent, coordinator: string): void {
  of((event as ToldOfOne).group).coordinatorSaid(event as ToldOfOne, coordinator);
}

/** Where logs end, as their leaders of now have them. */
class LogEnds {
  readonly #leaders: Map<string, { readonly node: string; readonly epoch: number }> = new Map();
  readonly #ends: Map<string, Offset> = new Map();

  of(partition: string): Offset | undefined {
    return this.#ends.get(partition);
  }

  /** Whether the event says where a log ends. One that was deposed and does not know has no say. */
  moved(event: BrokerEvent, node: string): boolean {
    if (event.kind === "broker/became-leader") {
      const { partition, epoch, startOffset } = event;
      if (epoch < (this.#leaders.get(partition)?.epoch ?? -1)) return false;
      this.#leaders.set(partition, { node, epoch });
      this.#ends.set(partition, startOffset);
      return true;
    }
    if (event.kind !== "broker/appended" || this.#leaders.get(event.partition)?.node !== node) return false;
    this.#ends.set(event.partition, event.logEndOffset);
    return true;
  }
}

/** Who has a partition. */
interface Share {
  readonly memberId: string;
  readonly node: string;
  readonly generation: number;
}

/** Of a partition. */
interface Shares {
  /** Whose it is by the last generation, until that one gives it up. */
  given: Share | undefined;
  /** Who has it by its own account, by node. */
  readonly holders: Map<string, Share>;
}

class GroupTracks {
  readonly #pen: TrackPen;
  readonly #name: string;
  readonly #ends: LogEnds;
  readonly #track: TrackName;
  readonly #partitions: Map<string, Shares> = new Map();
  /** By the id of each member that was in a generation. */
  readonly #nodes: Map<string, string> = new Map();
  /** Of a group whose coordinator assigns (KIP-848), what it has of each member. */
  readonly #seats: Map<string, MemberEpochSeen> = new Map();
  /** The last one that was complete. */
  #last: GenerationSeen | undefined;
  #state = "reconciling";

  constructor(pen: TrackPen, name: string, ends: LogEnds) {
    this.#pen = pen;
    this.#name = name;
    this.#ends = ends;
    this.#track = { group: name, name: "generation", isFirst: true };
  }

  /** Another life of a node: what it had is gone. */
  began(node: string): void {
    for (const [partition, { holders }] of this.#partitions)
      if (holders.delete(node)) this.#drawOwner(partition);
  }

  logEnds(partition: string): void {
    if (this.#partitions.has(partition))
      this.#pen.level(this.#owner(partition), LOG_END, this.#ends.of(partition));
  }

  loaded(seen: GenerationSeen, coordinator: string): void {
    // A coordinator that assigns says next what it has of each.
    this.#seats.clear();
    this.#completed(seen);
    const state = seen.members.length === 0 ? "empty" : "stable";
    this.#drawState(state, seen.generation, coordinator);
  }

  coordinatorSaid(event: ToldOfOne, coordinator: string): void {
    switch (event.kind) {
      case "group/generation":
        this.#completed(event);
        // A coordinator that assigns does so without any state in between.
        if (assigns(event)) this.#drawState(this.#state, event.generation, coordinator);
        return;
      case "group/member-epoch":
        return this.#reconciled(event);
      case "group/state":
        return this.#drawState(event.state, event.generation, coordinator);
      case "group/member-absent":
        return this.#pen.mark(this.#track, `without ${this.#nodeOf(event.memberId)}`);
      case "group/member-left":
        this.#seats.delete(event.memberId);
        return this.#pen.mark(this.#track, `${this.#nodeOf(event.memberId)} out: ${event.reason}`);
      case "group/offset-committed":
        return this.#committed(event);
      case "group/offset-expired":
        this.#pen.level(this.#at(event.partition), COMMITTED, undefined);
        return this.#pen.mark(this.#at(event.partition), "offset expired");
      case "group/removed":
        this.#pen.mark(this.#track, "forgotten");
        return this.#pen.span(this.#track, undefined);
      default:
        return;
    }
  }

  memberSaid(event: GroupConsumerEvent, node: string): void {
    if (event.kind === "consumer/committed") return;
    const { memberId, generation } = event;
    for (const partition of event.partitions) {
      const track = this.#at(partition);
      const shares = this.#partitions.get(partition)!;
      if (event.kind === "consumer/assigned") {
        this.#markTaken(partition, node, generation);
        shares.holders.set(node, { memberId, node, generation });
      } else {
        shares.holders.delete(node);
        // From now until it is assigned anew it is nobody's.
        if (shares.given?.memberId === memberId) shares.given = undefined;
        if (event.kind === "consumer/lost") this.#pen.mark(track, `${node} lost it`);
      }
      this.#drawOwner(partition);
    }
  }

  /** Who is out of the group may not know yet; who is in it has to give up first (KIP-429). */
  #markTaken(partition: string, by: string, generation: number): void {
    if (this.#last === undefined || this.#last.generation !== generation) return;
    for (const { memberId, node } of this.#partitions.get(partition)!.holders.values())
      if (node !== by && this.#last.members.some((member) => member.memberId === memberId))
        this.#pen.mark(this.#owner(partition), `${by} begins, ${node} has it still`, true);
  }

  #completed(seen: GenerationSeen): void {
    this.#last = seen;
    const given = new Map<string, Share>();
    for (const { memberId, client, assignment } of seen.members) {
      this.#nodes.set(memberId, client);
      for (const partition of sharesOf(assignment))
        given.set(partition, { memberId, node: client, generation: seen.generation });
    }
    for (const partition of [...given.keys()].toSorted()) this.#at(partition);
    for (const [partition, shares] of this.#partitions) {
      shares.given = given.get(partition);
      this.#drawOwner(partition);
    }
  }

  #reconciled(seat: MemberEpochSeen): void {
    const before = this.#seats.get(seat.memberId)?.revoking ?? [];
    this.#seats.set(seat.memberId, seat);
    this.#nodes.set(seat.memberId, seat.client);
    for (const partition of seat.revoking)
      if (!before.includes(partition)) this.#pen.mark(this.#at(partition), `${seat.client} is to give it up`);
  }

  #committed({
    partition,
    offset,
    memberId,
    generation,
  }: Extract<GroupEvent, { readonly kind: "group/offset-committed" }>): void {
    const track = this.#at(partition);
    this.#pen.level(track, COMMITTED, offset);
    if (generation === -1 || !this.#isOver(memberId, generation, partition)) return;
    this.#pen.mark(track, `${this.#nodeOf(memberId)} commits ${offset} by generation ${generation}`, true);
  }

  /** An earlier epoch will do for what a member has, where the coordinator assigns (KIP-1251). */
  #isOver(memberId: string, generation: number, partition: string): boolean {
    if (this.#last === undefined || !assigns(this.#last)) return generation < (this.#last?.generation ?? -1);
    const seat = this.#seats.get(memberId);
    return seat === undefined || ![...seat.partitions, ...seat.revoking].includes(partition);
  }

  #drawState(state: string, generation: number, coordinator: string): void {
    this.#state = state;
    const protocol = this.#last?.generation === generation ? this.#last.protocol : undefined;
    const text = ["generation", generation, protocol, state].filter((part) => part !== undefined).join(" ");
    const span: TrackSpan = { text: `${text}, at ${coordinator}`, colour: coordinator };
    const isSettled = state === "stable" || state === "empty";
    this.#pen.span(this.#track, isSettled ? span : { ...span, isFaint: true });
  }

  #drawOwner(partition: string): void {
    const { given, holders } = this.#partitions.get(partition)!;
    this.#pen.span(this.#owner(partition), ownerSpan(given, [...holders.values()]));
  }

  #at(partition: string): TrackName {
    const track = this.#owner(partition);
    if (this.#partitions.has(partition)) return track;
    this.#partitions.set(partition, { given: undefined, holders: new Map() });
    this.#pen.span(track, ownerSpan(undefined, []));
    this.#pen.level(track, LOG_END, this.#ends.of(partition));
    return track;
  }

  #owner(partition: string): TrackName {
    return { group: this.#name, name: partition, isFirst: true };
  }

  #nodeOf(memberId: string): string {
    return this.#nodes.get(memberId) ?? memberId;
  }
}

/** Whether the coordinator does, and not one of the members. */
function assigns({ members, leaderId }: GenerationSeen): boolean {
  return members.length > 0 && leaderId === undefined;
}

/** Whose a partition is: in full where the member that it was given to has it, and nobody else. */
function ownerSpan(given: Share | undefined, holders: readonly Share[]): TrackSpan {
  const holder = holders.find(({ memberId }) => memberId === given?.memberId);
  const others = holders.filter((each) => each !== holder).map(({ node }) => node);
  if (given === undefined && others.length === 0) return { text: "nobody" };
  const still =
    others.length === 0 ? [] : [`${others.join(" and ")} ${others.length > 1 ? "have" : "has"} it still`];
  if (given === undefined) return { text: still.join(), colour: others[0]!, isFaint: true };
  const { node, generation } = given;
  const text =
    holder === undefined ? `for ${node}, generation ${generation}` : `${node}, generation ${generation}`;
  const span = { text: [text, ...still].join("; "), colour: node };
  return holder !== undefined && others.length === 0 ? span : { ...span, isFaint: true };
}
