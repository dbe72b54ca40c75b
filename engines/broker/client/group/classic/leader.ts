import { assert } from "../../../../env/index.js";
import type { Assignor, GroupMember } from "../../../assignors/index.js";
import {
  ASSIGNMENT,
  SUBSCRIPTION,
  type JoinGroupResponse,
  type SyncGroupRequest,
  type TopicSize,
} from "../../../protocol/index.js";
import type { ClusterView } from "../../cluster-view.js";
import { Waits } from "../../waits.js";

/** What the leader of a group does for all: assigns, and notices when topics are not as they were then. */
export class Leader {
  readonly #cluster: ClusterView;
  readonly #waits: Waits;
  readonly #patienceUs: number;
  readonly #onChange: () => void;
  readonly #forget: () => void;
  /** Topics that have been waited for once. */
  readonly #missed: Set<string> = new Set();
  /** What the present assignment is of; undefined: it is not this member's. */
  #assigned: ReadonlyMap<string, number> | undefined;

  /** `patienceUs`: how long to wait for what the cluster has not said of a topic yet. */
  constructor(cluster: ClusterView, waits: Waits, patienceUs: number, onChange: () => void) {
    this.#cluster = cluster;
    this.#waits = waits;
    this.#patienceUs = patienceUs;
    this.#onChange = onChange;
    this.#forget = cluster.onChange(() => this.#look());
  }

  /** Of a join's answer to the leader. Members without assignments, where the coordinator goes on with the last one (KIP-814). */
  async assign(
    { members: joined, leaderId, skipsAssignment }: JoinGroupResponse,
    assignor: Assignor,
  ): Promise<SyncGroupRequest["assignments"]> {
    const members = joined.map(({ memberId, instanceId, metadata }): GroupMember => {
      return { memberId, instanceId, ...SUBSCRIPTION.decode(metadata) };
    });
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    await this.#waitFor(topics);
    if (skipsAssignment) return [];
    const counts = this.#counts(topics);
    const assignment = assignor.assign(members, counts);
    return members.map(({ memberId }) => {
      const partitions = assignment.get(memberId);
      assert(partitions !== undefined, "an assignor has something, or nothing, for each member");
      const basis = memberId === leaderId ? [...counts].map(sizeOf) : [];
      return { memberId, assignment: ASSIGNMENT.encode({ partitions, basis }) };
    });
  }

  /** All go by what was assigned from `basis`: by this member, or by its instance in an earlier life (KIP-814). */
  lead(basis: readonly TopicSize[]): void {
    this.#assigned = new Map(basis.map(({ topic, partitions }) => [topic, partitions]));
    this.#look();
  }

  /** Another member leads now, or none does. */
  resign(): void {
    this.#assigned = undefined;
  }

  close(): void {
    this.resign();
    this.#forget();
  }

  /** Else a group whose first leader has just started would be assigned nothing, and then everything. */
  async #waitFor(topics: readonly string[]): Promise<void> {
    const missing = topics.filter(
      (topic) => this.#cluster.partitionCount(topic) === undefined && !this.#missed.has(topic),
    );
    if (missing.length === 0) return;
    for (const topic of missing) this.#missed.add(topic);
    const isThere = (): boolean =>
      missing.every((topic) => this.#cluster.partitionCount(topic) !== undefined);
    const forget = this.#cluster.onChange(() => {
      if (isThere()) this.#waits.wakeAll();
    });
    await this.#waits.pause(this.#patienceUs);
    forget();
  }

  #counts(topics: readonly string[]): ReadonlyMap<string, number> {
    return new Map(topics.map((topic) => [topic, this.#cluster.partitionCount(topic) ?? 0]));
  }

  #look(): void {
    if (this.#assigned === undefined) return;
    // What is not known of a topic may be what it was.
    const isAsThen = ([topic, count]: readonly [string, number]): boolean =>
      (this.#cluster.partitionCount(topic) ?? count) === count;
    if ([...this.#assigned].every(isAsThen)) return;
    this.resign();
    this.#onChange();
  }
}

function sizeOf([topic, partitions]: readonly [string, number]): TopicSize {
  return { topic, partitions };
}
