/** A coordinator of one group that assigns itself (KIP-848): partitions of `t`, in order, by the order in which members came. */
import {
  CONSUMER_HEARTBEAT,
  type ConsumerHeartbeatRequest,
  type ConsumerHeartbeatResponse,
  type CoordinatorAnswer,
  type CoordinatorRefusal,
  type OffsetCommitRequest,
} from "#engines/broker/protocol/index.js";
import { FakeCoordinator, refusal, type Answering } from "./fake-coordinator.js";

interface FakeMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  epoch: number;
  previous: number;
  /** What it may have. */
  assigned: readonly number[];
  /** What it has to give up first. */
  revoking: readonly number[];
}

const PARTITIONS = [0, 1, 2, 3];

export class FakeConsumerGroup extends FakeCoordinator {
  epoch = 0;
  heartbeatUs = 100_000;
  readonly members: Map<string, FakeMember> = new Map();

  /** Takes it out of the group: others get what it had. */
  remove(memberId: string): void {
    if (this.members.delete(memberId)) this.epoch++;
  }

  protected serveMembers(on: Answering): void {
    on("heartbeat", CONSUMER_HEARTBEAT, (request) => this.#hear(request));
  }

  protected commitProblem({ memberId, generation }: OffsetCommitRequest): CoordinatorRefusal | undefined {
    const member = this.members.get(memberId);
    if (member === undefined) return refusal("UNKNOWN_MEMBER_ID");
    return generation > member.epoch ? refusal("STALE_MEMBER_EPOCH") : undefined;
  }

  #hear(request: ConsumerHeartbeatRequest): CoordinatorAnswer<ConsumerHeartbeatResponse> {
    const { memberId, instanceId, memberEpoch, owned } = request;
    const namesake = [...this.members.values()].find((each) => each.instanceId === instanceId);
    if (instanceId !== undefined && namesake !== undefined && namesake.memberId !== memberId) {
      if (namesake.epoch !== -2)
        return refusal(memberEpoch === 0 ? "UNRELEASED_INSTANCE_ID" : "FENCED_INSTANCE_ID");
      this.remove(namesake.memberId);
    }
    if (memberEpoch === 0) this.#admit(request);
    const member = this.members.get(memberId);
    if (member === undefined) return refusal("UNKNOWN_MEMBER_ID");
    const before = [...member.assigned];
    if (memberEpoch === -1) this.remove(memberId);
    else if (memberEpoch === -2) member.epoch = -2;
    else if (memberEpoch !== 0 && memberEpoch !== member.epoch) {
      const isBehind = owned?.every(({ partition }) => member.assigned.includes(partition)) === true;
      if (memberEpoch !== member.previous || !isBehind) return refusal("FENCED_MEMBER_EPOCH");
    } else
      this.#reconcile(
        member,
        owned?.map(({ partition }) => partition),
      );
    const isNews = request.topics !== undefined || before.join() !== member.assigned.join();
    const assignment = member.assigned.map((partition) => ({ topic: "t", partition }));
    const { heartbeatUs } = this;
    const told = isNews ? assignment : undefined;
    return { ok: true, value: { memberId, memberEpoch: member.epoch, heartbeatUs, assignment: told } };
  }

  #admit({ memberId, instanceId }: ConsumerHeartbeatRequest): void {
    const known = this.members.get(memberId);
    if (known !== undefined && known.epoch !== -2) return;
    this.epoch++;
    this.members.set(memberId, {
      memberId,
      instanceId,
      epoch: 0,
      previous: 0,
      assigned: [],
      revoking: [],
    });
  }

  #reconcile(member: FakeMember, owned: readonly number[] | undefined): void {
    if (member.revoking.length > 0) {
      if (owned === undefined || member.revoking.some((each) => owned.includes(each))) return;
      member.revoking = [];
    }
    const target = this.#target(member);
    const taken = member.assigned.filter((each) => !target.includes(each));
    if (taken.length > 0) {
      member.revoking = taken;
      member.assigned = member.assigned.filter((each) => target.includes(each));
      return;
    }
    const others = [...this.members.values()].filter((each) => each !== member);
    const isFree = (partition: number): boolean =>
      others.every(({ assigned, revoking }) => ![...assigned, ...revoking].includes(partition));
    if (member.epoch !== this.epoch) member.previous = member.epoch;
    member.epoch = this.epoch;
    member.assigned = target.filter((each) => member.assigned.includes(each) || isFree(each));
  }

  #target(member: FakeMember): readonly number[] {
    const members = [...this.members.values()];
    const share = PARTITIONS.length / members.length;
    const index = members.indexOf(member);
    return PARTITIONS.filter((each) => each >= index * share && each < (index + 1) * share);
  }
}
