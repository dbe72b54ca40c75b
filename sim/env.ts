/** Puts the simulated environment of one incarnation together. */
import type { Env, Random } from "#engines/env/index.js";
import type { Caller } from "./caller.js";
import { EnvClock } from "./clock.js";
import { site } from "./decisions.js";
import { EnvDisk } from "./disk/index.js";
import { eventKind } from "./events.js";
import { hashText } from "./hash.js";
import { EnvNetwork } from "./network/index.js";
import type { Incarnation } from "./process.js";
import type { Stream } from "./streams.js";
import type { World } from "./world.js";

const LOG = eventKind("process/log");
const BUGGIFY = site("process/buggify");
/** As FoundationDB does it: a point is live in a quarter of the runs, and then taken one time in four. */
const BUGGIFY_POINT_LIVE = 4;
const BUGGIFY_TAKEN = 4;

export function makeEnv(world: World, self: Incarnation): Env {
  const network = new EnvNetwork(self, world.network);
  self.network = network;
  let buggifyCalls = 0;
  return {
    node: self.node.name,
    clock: new EnvClock(self, self.node.clock),
    disk: new EnvDisk(self, self.node.disk),
    network,
    random: new EnvRandom(self, world),
    log(message: string): void {
      self.enter();
      self.effect(LOG, message.length, hashText(message), () => message);
    },
    observe: (event) => self.observe(event),
    reached: (mark) => {
      if (self.alive) world.reached(mark);
    },
    buggify(point: string): boolean {
      self.enter();
      const hash = hashText(point);
      if (world.decisions.bits(BUGGIFY, hash) % BUGGIFY_POINT_LIVE !== 0) return false;
      const ppm = 1_000_000 / BUGGIFY_TAKEN;
      return world.decisions.chance(ppm, BUGGIFY, hash, self.node.index, self.incarnation, ++buggifyCalls);
    },
  };
}

/** An engine's own randomness: a stream for each incarnation. */
class EnvRandom implements Random {
  readonly #caller: Caller;
  readonly #stream: () => Stream;

  constructor(self: Incarnation, world: World) {
    this.#caller = self;
    this.#stream = () => world.streams.get(`random/${self.node.name}/${self.incarnation}`);
  }

  uint32(): number {
    this.#caller.enter();
    return this.#stream().uint32();
  }

  below(bound: number): number {
    this.#caller.enter();
    return this.#stream().below(bound);
  }
}
