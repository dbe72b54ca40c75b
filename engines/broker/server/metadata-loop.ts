import type { Env } from "../../env/index.js";
import { RpcError, RpcRemoteError, type RpcClient } from "../../rpc/index.js";
import { EMPTY_IMAGE, applyRecords } from "../metadata/index.js";
import type { MetadataImage } from "../metadata/types.js";
import { observe, reached } from "../observe.js";
import { FETCH_METADATA } from "../protocol/index.js";
import type { FetchMetadataResponse } from "../protocol/types.js";
import type { Lifeline } from "../replica/index.js";
import type { BrokerSettings } from "./options.js";

export interface MetadataLoopPlan {
  readonly env: Env;
  readonly rpc: RpcClient;
  readonly lifeline: Lifeline;
  readonly settings: BrokerSettings;
  /** Does what the image says. Called with each one, and with the same again after `again`; one call at a time. */
  readonly publish: (image: MetadataImage) => Promise<void>;
}

/** Follows the controllers' metadata, whichever of them answers: record after record, in order, or all of it at once. */
export class MetadataLoop {
  readonly #plan: MetadataLoopPlan;
  #image: MetadataImage = EMPTY_IMAGE;
  #controller: number;
  #cancel: () => void = () => undefined;

  constructor(plan: MetadataLoopPlan) {
    this.#plan = plan;
    this.#controller = plan.env.random.below(plan.settings.controllers.length);
  }

  get image(): MetadataImage {
    return this.#image;
  }

  start(): void {
    const { lifeline } = this.#plan;
    lifeline.onCut(() => this.#cancel());
    lifeline.run(async () => {
      while (!lifeline.isCut) {
        await this.#plan.publish(this.#image);
        await this.#fetch();
      }
    });
  }

  /** Has the image published again, since more is known about this broker. */
  again(): void {
    this.#cancel();
  }

  async #fetch(): Promise<void> {
    const { lifeline, settings } = this.#plan;
    if (lifeline.isCut) return;
    const answer = await this.#ask();
    if (answer !== undefined) return this.#take(answer);
    this.#controller = (this.#controller + 1) % settings.controllers.length;
    await lifeline.pause(settings.retryBackoffUs, (waker) => (this.#cancel = waker));
  }

  /** Undefined where this controller has nothing to say. */
  async #ask(): Promise<FetchMetadataResponse | undefined> {
    const { rpc, settings } = this.#plan;
    const request = { offset: this.#image.offset, maxWaitUs: settings.metadataMaxWaitUs };
    // Whoever listens to one that is gone does not hear who leads now.
    const timeoutUs = settings.metadataMaxWaitUs + settings.attemptTimeoutUs;
    try {
      const controller = settings.controllers[this.#controller]!;
      const call = rpc.call(controller, FETCH_METADATA, request, { timeoutUs });
      this.#cancel = () => call.cancel();
      const answer = await call.promise;
      return answer.ok ? answer.value : undefined;
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RpcRemoteError)) throw error;
      if (error.code === "RPC_CANCELLED") return { kind: "records", offset: this.#image.offset, records: [] };
      return undefined;
    }
  }

  #take(answer: FetchMetadataResponse): void {
    const before = this.#image;
    if (answer.kind === "records") {
      if (answer.offset !== before.offset || answer.records.length === 0) return;
      this.#image = applyRecords(before, answer.records);
    } else {
      // From a controller that is behind: what is known here already stays.
      if (answer.image.offset <= before.offset) return;
      reached(this.#plan.env, "broker/caught-up-by-image");
      this.#image = answer.image;
    }
    const { offset, digest } = this.#image;
    observe(this.#plan.env, { kind: "broker/metadata-applied", offset, digest });
  }
}
