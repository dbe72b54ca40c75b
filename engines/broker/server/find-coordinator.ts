import type { ControllerChannel } from "../controller/index.js";
import { coordinatorPartition, internalConfig, internalTopicOf } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import { CREATE_TOPIC } from "../protocol/index.js";
import type { CoordinatorAnswer, FindCoordinatorRequest, FoundCoordinator } from "../protocol/group-types.js";
import { partitionName } from "../types.js";
import type { Desk } from "./desk.js";

/** Says who coordinates what, as far as this broker knows. The first question makes the topic that it is kept in. */
export class CoordinatorFinder {
  readonly #desk: Desk;
  readonly #channel: ControllerChannel;
  /** Topics that this broker has asked for, and not heard of yet. */
  readonly #creating: Set<string> = new Set();

  constructor(desk: Desk, channel: ControllerChannel) {
    this.#desk = desk;
    this.#channel = channel;
  }

  find({ kind, id }: FindCoordinatorRequest): CoordinatorAnswer<FoundCoordinator> {
    const { image, lifeline } = this.#desk;
    const topic = internalTopicOf(kind);
    const known = image.topics.get(topic);
    if (known === undefined) {
      lifeline.run(() => this.#create(topic));
      return unavailable(`no topic ${topic} yet`);
    }
    const name = partitionName({ topic, partition: coordinatorPartition(id, known.partitions) });
    const leader = image.partitions.get(name)?.state.leader;
    return leader === undefined
      ? unavailable(`${name}, which nobody leads`)
      : { ok: true, value: { broker: leader } };
  }

  /** What becomes of it, the metadata tells: where it failed, the next question tries again. */
  async #create(topic: string): Promise<void> {
    if (this.#creating.has(topic)) return;
    this.#creating.add(topic);
    const { internalTopics, requestTimeoutUs } = this.#desk.settings;
    const { partitions, replicationFactor } = internalTopics;
    const config = internalConfig(internalTopics);
    const request = { topic, partitions, replicationFactor, config, assignments: undefined };
    try {
      await this.#channel.call(CREATE_TOPIC, request, requestTimeoutUs);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
    } finally {
      this.#creating.delete(topic);
    }
  }
}

function unavailable(found: string): CoordinatorAnswer<FoundCoordinator> {
  return { ok: false, code: "COORDINATOR_NOT_AVAILABLE", found };
}
