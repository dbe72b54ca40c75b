/**
 * Partitions that form and heal while the run goes on, each of them one fault. Several may be there at once.
 * A message is lost to one if it would have crossed it, be it when it is sent or when it arrives.
 */
import { assert } from "#engines/env/index.js";
import { site } from "../decisions.js";
import { eventKind } from "../events.js";
import { hashText } from "../hash.js";
import type { Event } from "../queue.js";
import type { Cut, Link } from "./link.js";
import { isPossible, PARTITION_KINDS, shapeOf, type PartitionKind, type Shape } from "./shapes.js";
import type { SimNetwork } from "./sim-network.js";

/** How often partitions get a chance to form, and how long they last. Both times are exponential. */
export interface PartitionPace {
  /** Mean time from one chance to the next. */
  readonly meanHealthyUs: number;
  readonly meanCutUs: number;
}

interface Partition {
  readonly cut: Cut;
  readonly links: readonly Link[];
  healing: Event | undefined;
}

const CHANCE = eventKind("network/partition-chance");
const FORMED = eventKind("network/partition");
const HEALED = eventKind("network/partition-healed");
const HEALTHY_FOR = site("network/partition-chance");
const CUT_FOR = site("network/partition-length");
const FIRST_KIND = site("network/partition-kind");
const SHAPE = site("network/partition-shape");
/** Added to each drawn time, so that time passes whatever is drawn. */
const TIME_MIN_US = 1_000;

export class Partitions {
  readonly #network: SimNetwork;
  readonly #active: Set<Partition> = new Set();
  #next: Event | undefined;
  /** Chances so far: the stable identity of each partition. */
  #chances = 0;

  constructor(network: SimNetwork) {
    this.#network = network;
  }

  /** Partitions that there are now. */
  get active(): number {
    return this.#active.size;
  }

  /**
   * From now on and until `stop`, at random times, lets one of the enabled kinds strike: among the nodes, or,
   * for `partition-client`, between the clients and the nodes. Called again it goes on with these nodes and
   * times instead. Without effect where no kind is enabled.
   */
  keepForming(nodes: readonly string[], clients: readonly string[], pace: PartitionPace): void {
    this.stop();
    const { faults } = this.#network.world;
    const kinds = PARTITION_KINDS.filter(
      (kind) => faults.enabled(kind) && isPossible(kind, nodes.length, clients.length),
    );
    if (kinds.length > 0) this.#await(kinds, nodes, clients, pace);
  }

  /** Ends the partitions that there are. New ones go on forming. */
  healAll(): void {
    for (const partition of this.#active) this.#heal(partition);
  }

  /** No more partitions form. Those that there are heal in their time. */
  stop(): void {
    if (this.#next !== undefined) this.#network.world.cancel(this.#next);
    this.#next = undefined;
  }

  /** No more partitions form, and those that there are stay. For the network only. */
  freeze(): void {
    this.stop();
    for (const partition of this.#active) this.#keep(partition);
  }

  #await(
    kinds: readonly PartitionKind[],
    nodes: readonly string[],
    clients: readonly string[],
    pace: PartitionPace,
  ): void {
    const { world } = this.#network;
    const chance = this.#chances++;
    const waitUs = TIME_MIN_US + world.decisions.exponential(pace.meanHealthyUs, HEALTHY_FOR, chance);
    this.#next = world.scheduleAt(world.nowUs + waitUs, undefined, CHANCE, 0, 0, () => {
      const first = world.decisions.bits(FIRST_KIND, chance) % kinds.length;
      for (let i = 0; i < kinds.length; i++) {
        const kind = kinds[(first + i) % kinds.length]!;
        const shape = shapeOf(kind, nodes, clients, (bound, n) => this.#draw(bound, chance, n));
        const links = this.#linksOf(shape);
        if (links.length === 0) continue;
        const node = this.#network.node(shape.pivot);
        const fault = world.faults.strike(kind, node, chance, 0, 0, () => shape.text);
        if (fault === undefined) continue;
        this.#form({ cut: { fault }, links, healing: undefined }, shape.text, chance, pace);
        break;
      }
      this.#await(kinds, nodes, clients, pace);
    });
  }

  #draw(bound: number, chance: number, n: number): number {
    return this.#network.world.decisions.bits(SHAPE, chance, n) % bound;
  }

  /** The links that it would cut, but those that have been healed for good. */
  #linksOf(shape: Shape): Link[] {
    const network = this.#network;
    return shape.cuts
      .map(([from, to]) => network.link(network.node(from), network.node(to)))
      .filter((link) => !link.isCalm);
  }

  #form(partition: Partition, text: string, chance: number, pace: PartitionPace): void {
    const { world } = this.#network;
    for (const link of partition.links) link.addCut(partition.cut);
    this.#active.add(partition);
    world.effect(FORMED, partition.links.length, hashText(text), () => text);
    const lengthUs = TIME_MIN_US + world.decisions.exponential(pace.meanCutUs, CUT_FOR, chance);
    partition.healing = world.scheduleAt(world.nowUs + lengthUs, undefined, HEALED, 0, 0, () =>
      this.#heal(partition),
    );
  }

  #heal(partition: Partition): void {
    assert(this.#active.delete(partition), "a partition heals once");
    this.#keep(partition);
    for (const link of partition.links) link.removeCut(partition.cut);
  }

  /** Takes its end back. */
  #keep(partition: Partition): void {
    if (partition.healing !== undefined) this.#network.world.cancel(partition.healing);
    partition.healing = undefined;
  }
}
