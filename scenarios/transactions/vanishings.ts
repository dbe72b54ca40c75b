/**
 * Writers that are gone for good once it is decided how their transaction ends, as their coordinator crashes: nobody asks for
 * that transaction any more, so only the next coordinator can see to its end.
 */
import type { BrokerEvent } from "#engines/broker/events.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { KeptClient } from "../kept-clients.js";

interface Vanishing {
  readonly client: KeptClient<unknown>;
  readonly delayUs: number;
}

export class Vanishings {
  readonly #run: Run;
  readonly #awaited: Map<string, Vanishing> = new Map();

  constructor(run: Run) {
    this.#run = run;
    run.world.listen((from, event) => this.#observed(from, event as BrokerEvent));
  }

  /** So long after the decision. */
  await(transactionalId: string, client: KeptClient<unknown>, delayUs: number): void {
    this.#awaited.set(transactionalId, { client, delayUs });
  }

  #observed(from: Incarnation, event: BrokerEvent): void {
    if (event.kind !== "transaction/state" || event.state !== "prepare-commit") return;
    const vanishing = this.#awaited.get(event.transactionalId);
    if (vanishing === undefined) return;
    this.#awaited.delete(event.transactionalId);
    void this.#strike(from, vanishing);
  }

  async #strike(coordinator: Incarnation, { client, delayUs }: Vanishing): Promise<void> {
    const { world } = this.#run;
    await world.sleep(delayUs);
    this.#run.note(`${client.node.name} is gone for good, and ${coordinator.node.name} crashes`);
    this.#run.count("vanished");
    client.stop();
    world.crash(client.node);
    if (coordinator.alive) world.crash(coordinator.node);
  }
}
