import { BrokerError } from "../../errors.js";
import {
  OFFSET_COMMIT,
  type CoordinatorAnswer,
  type MemberStamp,
  type OffsetToCommit,
} from "../../protocol/index.js";
import { partitionName } from "../../types.js";
import type { CoordinatorLink } from "../coordinator-link.js";
import type { Membership } from "./membership.js";
import { observe, reached } from "./observe.js";

/**
 * Commits offsets, one request at a time and in the order of the calls: two that overtook each other would leave the
 * earlier position. What was called for in one generation is never committed in another.
 */
export class Commits {
  readonly #link: CoordinatorLink;
  readonly #membership: Membership;
  #last: Promise<unknown> = Promise.resolve();

  constructor(link: CoordinatorLink, membership: Membership) {
    this.#link = link;
    this.#membership = membership;
  }

  /**
   * Resolves once they are committed. `timeoutUs` undefined: tries once. Rejects with `BrokerError`: what put the member out
   * of the group or keeps it from committing now (see `Membership.stamp`), the coordinator's refusal, REQUEST_TIMED_OUT
   * (they may be committed yet), CLOSED. Nothing, of a member that was never in the group, is committed at once, as Kafka
   * has it: a program may well commit before its first records.
   */
  commit(offsets: readonly OffsetToCommit[], timeoutUs: number | undefined): Promise<void> {
    if (offsets.length === 0 && !this.#membership.hasJoined) return Promise.resolve();
    // Of now: by its turn the member may be another, with other partitions.
    const stamp = this.#membership.stamp();
    const { clock } = this.#link.env;
    const deadlineUs = timeoutUs === undefined ? undefined : clock.nowUs() + timeoutUs;
    const turn = this.#last.then(() => this.#commit(stamp, offsets, deadlineUs));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #commit(
    stamp: MemberStamp,
    offsets: readonly OffsetToCommit[],
    deadlineUs: number | undefined,
  ): Promise<void> {
    const { env } = this.#link;
    const answer = await this.#ask(stamp, offsets, deadlineUs);
    if (!answer.ok) {
      reached(env, "consumer/commit-refused");
      this.#membership.refused(stamp, answer);
      throw new BrokerError(answer.code, {
        expected: "a commit",
        found: answer.found,
        where: `group ${stamp.group}`,
        todo: "poll; what is not committed is read again after a rebalance",
      });
    }
    const { group, memberId, instanceId, generation } = stamp;
    const committed = offsets.map(({ partition, offset }) => ({
      partition: partitionName(partition),
      offset,
    }));
    observe(env, {
      kind: "consumer/committed",
      group,
      memberId,
      instanceId,
      generation,
      offsets: committed,
    });
  }

  #ask(
    stamp: MemberStamp,
    offsets: readonly OffsetToCommit[],
    deadlineUs: number | undefined,
  ): Promise<CoordinatorAnswer<undefined>> {
    const isCurrent = (): boolean => this.#membership.isCurrent(stamp);
    if (!isCurrent()) {
      const found = "a commit of a generation that is over";
      return Promise.resolve({ ok: false, code: "ILLEGAL_GENERATION", found });
    }
    const request = { ...stamp, offsets };
    if (deadlineUs === undefined) return this.#link.call(OFFSET_COMMIT, request);
    return this.#link.callUntil(OFFSET_COMMIT, request, deadlineUs, isCurrent);
  }
}
