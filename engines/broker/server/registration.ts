import type { Env } from "../../env/index.js";
import type { ControllerChannel } from "../controller/index.js";
import { BrokerError } from "../errors.js";
import { observe, reached } from "../observe.js";
import { HEARTBEAT, REGISTER } from "../protocol/index.js";
import type { HeartbeatResponse } from "../protocol/types.js";
import type { Lifeline } from "../replica/index.js";
import type { BrokerEpoch, Offset } from "../types.js";
import type { BrokerSettings } from "./options.js";
import type { Beginning } from "./stored-life.js";

export interface RegistrationPlan {
  readonly env: Env;
  readonly channel: ControllerChannel;
  readonly lifeline: Lifeline;
  readonly settings: BrokerSettings;
  readonly beginning: Beginning;
  /** Up to where the broker does what the metadata says. */
  readonly metadataOffset: () => Offset;
  /** The broker has this epoch. It is not unfenced before this resolves. */
  readonly registered: (epoch: BrokerEpoch) => Promise<void>;
}

/** How many times in a heartbeat interval a broker that wants to go asks whether it may. */
const SHUTDOWN_BEATS = 8;

/** The broker's life as the controller sees it: it registers, and says again and again that it is there (KIP-631). */
export class Registration {
  readonly #plan: RegistrationPlan;
  #beginning: Beginning;
  #epoch: BrokerEpoch | undefined;
  #isFenced = true;
  #wantsShutdown = false;
  #mayShutDown = false;
  #wake: () => void = () => undefined;
  #leave: () => void = () => undefined;

  constructor(plan: RegistrationPlan) {
    this.#plan = plan;
    this.#beginning = plan.beginning;
  }

  /** Undefined before the controller has given one. */
  get epoch(): BrokerEpoch | undefined {
    return this.#epoch;
  }

  get isFenced(): boolean {
    return this.#isFenced;
  }

  start(): void {
    this.#plan.lifeline.run(async () => {
      while (!this.#plan.lifeline.isCut) {
        if (this.#epoch === undefined) await this.#register();
        else await this.#beat(this.#epoch);
      }
    });
  }

  /** The next heartbeat goes out now: it has something to say. */
  hurry(): void {
    this.#wake();
  }

  /** Has others lead what this broker leads. Resolves once they do, or there is no more time. Whether they do. */
  async shutDown(): Promise<boolean> {
    this.#wantsShutdown = true;
    if (this.#epoch === undefined) return false;
    this.hurry();
    await this.#plan.lifeline.pause(this.#plan.settings.shutdownTimeoutUs, (waker) => (this.#leave = waker));
    return this.#mayShutDown;
  }

  async #register(): Promise<void> {
    const { env, channel, lifeline, settings } = this.#plan;
    const { previousEpoch, incarnation } = this.#beginning;
    while (!lifeline.isCut) {
      try {
        const request = { broker: env.node, incarnation, previousEpoch };
        const epoch = await channel.call(REGISTER, request, settings.requestTimeoutUs);
        this.#epoch = epoch;
        observe(env, { kind: "broker/registered", epoch, wasClean: previousEpoch !== undefined });
        return await this.#plan.registered(epoch);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        await lifeline.pause(settings.retryBackoffUs);
      }
    }
  }

  async #beat(epoch: BrokerEpoch): Promise<void> {
    const { env, channel, lifeline, settings } = this.#plan;
    try {
      const request = {
        broker: env.node,
        epoch,
        metadataOffset: this.#plan.metadataOffset(),
        wantsShutdown: this.#wantsShutdown,
      };
      this.#heard(await channel.call(HEARTBEAT, request, settings.requestTimeoutUs));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      if (error.code === "STALE_BROKER_EPOCH") return this.#beginAnew();
    }
    const isLeaving = this.#wantsShutdown && !this.#mayShutDown;
    const periodUs = isLeaving ? Math.ceil(settings.heartbeatUs / SHUTDOWN_BEATS) : settings.heartbeatUs;
    await lifeline.pause(periodUs, (waker) => (this.#wake = waker));
  }

  #heard({ isFenced, mayShutDown }: HeartbeatResponse): void {
    if (isFenced !== this.#isFenced) {
      this.#isFenced = isFenced;
      observe(this.#plan.env, { kind: "broker/fenced", isFenced });
    }
    if (!mayShutDown) return;
    this.#mayShutDown = true;
    this.#leave();
  }

  /**
   * Somebody has registered by this name since. This process has lost nothing, but it can't know what the controllers
   * have made of the other's word meanwhile, so it comes back as one that may have (KIP-966): outside of every ISR, which
   * it joins by fetching, never by claiming.
   */
  #beginAnew(): void {
    reached(this.#plan.env, "broker/registered-again");
    this.#epoch = undefined;
    this.#beginning = { previousEpoch: undefined, incarnation: this.#plan.env.random.uint32() };
    this.#isFenced = true;
  }
}
