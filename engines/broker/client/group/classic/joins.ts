import { SeedstormError, assert } from "../../../../env/index.js";
import type { Assignor } from "../../../assignors/index.js";
import { isRetriable } from "../../../errors.js";
import {
  ASSIGNMENT,
  JOIN_GROUP,
  SYNC_GROUP,
  type CoordinatorRefusal,
  type JoinGroupResponse,
  type JoinProtocol,
  type MemberStamp,
  type SyncGroupRequest,
} from "../../../protocol/index.js";
import type { CoordinatorLink } from "../../coordinator-link.js";
import { reached } from "../observe.js";
import type { ClassicSettings } from "../options.js";
import type { Given } from "./claims.js";
import type { Leader } from "./leader.js";

/** The member that joins, as far as a join changes it before it is through. */
export interface Joiner {
  readonly stamp: MemberStamp;
  /** It asks to be let in, once more. */
  asks(): void;
  /** The coordinator knows it under this id. */
  named(memberId: string): void;
  /** It is in a generation, and is to hear what it has in it. */
  entered(memberId: string, generation: number): void;
  /** That generation comes to nothing. */
  interrupted(): void;
  /** Whether that makes the member none. */
  isOut(refusal: CoordinatorRefusal): boolean;
  lose(refusal: CoordinatorRefusal): void;
  fail(refusal: CoordinatorRefusal): void;
}

export interface JoinsParts {
  readonly link: CoordinatorLink;
  readonly settings: ClassicSettings;
  readonly leader: Leader;
  readonly joiner: Joiner;
}

type Through = "again" | "later";

/** The way into a generation: joins and syncs, again and again until one of them is through. */
export class Joins {
  readonly #parts: JoinsParts;

  constructor(parts: JoinsParts) {
    this.#parts = parts;
  }

  /** Resolves with what the member is given, or with nothing once it is not wanted any more: it is out, or closed. */
  async run(protocols: readonly JoinProtocol[], isWanted: () => boolean): Promise<Given | undefined> {
    const { link, settings, joiner } = this.#parts;
    const { group, instanceId, sessionTimeoutUs, maxPollIntervalUs } = settings;
    while (isWanted()) {
      joiner.asks();
      const joined = await link.call(JOIN_GROUP, {
        group,
        memberId: joiner.stamp.memberId,
        instanceId,
        sessionTimeoutUs,
        rebalanceTimeoutUs: maxPollIntervalUs,
        protocols,
      });
      if (!isWanted()) break;
      const through = joined.ok ? await this.#sync(joined.value, isWanted) : this.#refused(joined);
      if (!isWanted()) break;
      if (typeof through === "object") return through;
      if (through === "later") await link.pause();
    }
    return undefined;
  }

  #refused(refusal: CoordinatorRefusal): Through {
    const { joiner } = this.#parts;
    if (refusal.code === "MEMBER_ID_REQUIRED" && refusal.memberId !== undefined) {
      joiner.named(refusal.memberId);
      return "again";
    }
    // A member that has only not been answered is one still: it goes on under the same id (KAFKA-13214).
    if (isRetriable(refusal.code) || refusal.code === "REBALANCE_IN_PROGRESS") return "later";
    if (joiner.isOut(refusal)) joiner.lose(refusal);
    else joiner.fail(refusal);
    return "again";
  }

  /** Asks for what this member is given in the generation that it has joined, having told what all are, if it leads. */
  async #sync(joined: JoinGroupResponse, isWanted: () => boolean): Promise<Given | "again"> {
    const { link, settings, leader, joiner } = this.#parts;
    const { generation, protocol } = joined;
    const assignor = settings.assignors.find(({ name }) => name === protocol);
    assert(assignor !== undefined, "a group agrees on what all of its members can do");
    joiner.entered(joined.memberId, generation);
    const isLeader = joined.leaderId === joined.memberId;
    const assignments = isLeader ? await this.#assign(joined, assignor) : [];
    if (assignments === undefined) return "again";
    while (isWanted()) {
      const synced = await link.call(SYNC_GROUP, { ...joiner.stamp, protocol, assignments });
      if (!isWanted()) break;
      if (synced.ok) {
        const { partitions, basis } = ASSIGNMENT.decode(synced.value.assignment);
        if (isLeader) leader.lead(basis);
        return { generation, partitions };
      }
      if (isRetriable(synced.code)) {
        await link.pause();
        continue;
      }
      reached(link.env, "consumer/sync-interrupted");
      joiner.interrupted();
      leader.resign();
      if (joiner.isOut(synced)) joiner.lose(synced);
      else if (synced.code !== "REBALANCE_IN_PROGRESS") joiner.fail(synced);
      break;
    }
    return "again";
  }

  /** Undefined where what some member says makes no sense. */
  async #assign(
    joined: JoinGroupResponse,
    assignor: Assignor,
  ): Promise<SyncGroupRequest["assignments"] | undefined> {
    const { leader, joiner } = this.#parts;
    try {
      return await leader.assign(joined, assignor);
    } catch (error) {
      if (!(error instanceof SeedstormError) || error.code !== "RPC_BAD_FORMAT") throw error;
      joiner.fail({ ok: false, code: "INCONSISTENT_GROUP_PROTOCOL", found: error.message });
      return undefined;
    }
  }
}
