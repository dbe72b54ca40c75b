import { BrokerError } from "../../errors.js";
import type { MemberStamp } from "../../protocol/index.js";
import { partitionNames } from "../../partition-names.js";
import { partitionName, type TopicPartition } from "../../types.js";
import type { CoordinatorLink } from "../coordinator-link.js";
import type { Commits } from "./commits.js";
import type { Holdings } from "./holdings.js";
import type { Membership } from "./membership.js";
import { without } from "./names.js";
import { observe } from "./observe.js";
import type { GroupSettings, RebalanceListener } from "./options.js";
import type { PollDeadline } from "./poll-deadline.js";

export interface HandoverParts {
  readonly link: CoordinatorLink;
  readonly settings: GroupSettings;
  readonly membership: Membership;
  readonly holdings: Holdings;
  readonly commits: Commits;
  readonly deadline: PollDeadline;
}

/** How partitions come to a program and go from it: what is committed before, which callbacks are called, and what is told of it. */
export class Handover {
  readonly #parts: HandoverParts;
  listener: RebalanceListener = {};
  /** Who it was when it was given what it holds. */
  #holder: MemberStamp;
  /** What a callback has thrown. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
    const { group, instanceId } = parts.settings;
    this.#holder = { group, instanceId, memberId: "", generation: -1 };
  }

  /**
   * Does what membership asks for, until there is nothing more to do but to wait, or until `isOver`. Rejects with what a
   * callback has thrown, once, and with what keeps the member out for good.
   */
  async settle(isOver: () => boolean): Promise<void> {
    const { membership, holdings } = this.#parts;
    while (!isOver()) {
      if (membership.hasLost) {
        await this.#loseAll();
        continue;
      }
      const step = membership.next(holdings.partitions);
      if (step === undefined) break;
      if (step.kind === "revoke") await this.#revoke(step.partitions);
      else await this.#assign(step.partitions);
    }
    if (this.#thrown === undefined) return;
    const { error } = this.#thrown;
    this.#thrown = undefined;
    throw error;
  }

  /** Gives up all there is, for good. Never rejects. */
  async end(timeoutUs: number): Promise<void> {
    const { membership, holdings } = this.#parts;
    if (membership.hasLost) await this.#loseAll();
    const held = holdings.partitions;
    if (held.length === 0) return;
    await this.#commitBefore(held, timeoutUs);
    await this.#call(membership.hasLost ? "onPartitionsLost" : "onPartitionsRevoked", held);
    this.#tell(membership.hasLost ? "consumer/lost" : "consumer/revoked", held);
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { membership, holdings } = this.#parts;
    const added = without(partitions, holdings.partitions);
    this.#holder = membership.stamp();
    holdings.set(partitions);
    this.#tell("consumer/assigned", added);
    await this.#call("onPartitionsAssigned", added);
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { membership, holdings, settings } = this.#parts;
    await this.#commitBefore(partitions, settings.requestTimeoutUs);
    // What was lost meanwhile is told of first, with all that it still had.
    if (membership.hasLost) return;
    await this.#call("onPartitionsRevoked", partitions);
    if (membership.hasLost) return;
    holdings.set(without(holdings.partitions, partitions));
    this.#tell("consumer/revoked", partitions);
  }

  async #loseAll(): Promise<void> {
    const { membership, holdings } = this.#parts;
    const lost = holdings.partitions;
    holdings.set([]);
    membership.acknowledgeLoss();
    if (lost.length === 0) return;
    this.#tell("consumer/lost", lost);
    await this.#call("onPartitionsLost", lost);
  }

  async #commitBefore(partitions: readonly TopicPartition[], timeoutUs: number): Promise<void> {
    const { membership, holdings, commits, settings } = this.#parts;
    const names = partitionNames(partitions);
    const offsets = holdings.positions().filter(({ partition }) => names.has(partitionName(partition)));
    if (!settings.isAutoCommit || offsets.length === 0 || membership.isJoining) return;
    try {
      await commits.commit(offsets, timeoutUs);
    } catch (error) {
      // Whoever gets them reads some of it again.
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  async #call(name: keyof RebalanceListener, partitions: readonly TopicPartition[]): Promise<void> {
    const { deadline } = this.#parts;
    deadline.away();
    try {
      await this.listener[name]?.(partitions);
    } catch (error) {
      this.#thrown ??= { error };
    }
    deadline.back();
  }

  #tell(
    kind: "consumer/assigned" | "consumer/revoked" | "consumer/lost",
    partitions: readonly TopicPartition[],
  ): void {
    const { group, memberId, instanceId, generation } = this.#holder;
    const names = partitions.map(partitionName);
    observe(this.#parts.link.env, { kind, group, memberId, instanceId, generation, partitions: names });
  }
}
