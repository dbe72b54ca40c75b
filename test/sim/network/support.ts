/** Worlds of nodes that note what arrives, driven by a test. */
import type { Env, MessageType } from "#engines/env/index.js";
import type { FaultCounts, FaultKind } from "#sim/faults/index.js";
import type { World } from "#sim/world.js";
import { testWorld, type TestWorldOptions } from "../../support/world.js";

/** A whole number, as four bytes and so many more that carry nothing. */
export function numberType(padBytes = 0): MessageType<number> {
  return {
    id: 7,
    name: "number",
    encode(value) {
      const bytes = new Uint8Array(4 + padBytes);
      new DataView(bytes.buffer).setUint32(0, value);
      return bytes;
    },
    decode: (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0),
  };
}

export const NUMBER: MessageType<number> = numberType();

export interface Arrival {
  readonly from: string;
  readonly value: number;
  readonly atUs: number;
}

export class Lab {
  readonly world: World;
  readonly #envs: Map<string, Env> = new Map();
  readonly #arrivals: Map<string, Arrival[]> = new Map();

  constructor(world: World) {
    this.world = world;
  }

  /** Boots a node that notes what arrives. Its environment is there after a microsecond. */
  boot(name: string, version = 1, type: MessageType<number> = NUMBER): void {
    const node = this.world.node(name) ?? this.world.addNode(name);
    const program = async (env: Env): Promise<void> => {
      this.#envs.set(name, env);
      env.network.receive(type, (from, value) => {
        this.arrivals(name).push({ from, value, atUs: this.world.nowUs });
        // A call, so that a pause may strike.
        env.clock.nowUs();
      });
      await new Promise(() => {});
    };
    this.world.boot(node, program, { version });
  }

  env(name: string): Env {
    return this.#envs.get(name)!;
  }

  send(from: string, to: string, value: number, type: MessageType<number> = NUMBER): void {
    this.env(from).network.send(to, type, value);
  }

  /** What came to this node so far. */
  arrivals(at: string): Arrival[] {
    let arrivals = this.#arrivals.get(at);
    if (arrivals === undefined) this.#arrivals.set(at, (arrivals = []));
    return arrivals;
  }

  values(at: string, from?: string): number[] {
    return this.arrivals(at)
      .filter((arrival) => from === undefined || arrival.from === from)
      .map(({ value }) => value);
  }

  /** What became of the faults of this kind. */
  faults(kind: FaultKind): Readonly<FaultCounts> {
    const none = { planned: 0, refused: 0, injected: 0, reached: 0, changed: 0 };
    return this.world.faults.ledger.counts().get(kind) ?? none;
  }
}

/** Runs `body` in a world of these nodes. What it throws, and what the world finds, fails the test. */
export async function inLab(
  names: readonly string[],
  options: TestWorldOptions,
  body: (lab: Lab) => Promise<void>,
): Promise<Lab> {
  const world = testWorld(options);
  const lab = new Lab(world);
  let failure: { readonly error: unknown } | undefined;
  await world.run(async () => {
    for (const name of names) lab.boot(name);
    await world.sleep(1);
    try {
      await body(lab);
    } catch (error) {
      failure = { error };
    }
  });
  if (failure !== undefined) throw failure.error;
  const finding = world.findings[0];
  if (finding !== undefined) throw new Error(`${finding.invariant}: ${finding.message}`);
  return lab;
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Sends 0 to `count` - 1 from a to b, one each millisecond, and waits for all that arrives. */
export async function stream(
  options: TestWorldOptions,
  count: number,
  type: MessageType<number> = NUMBER,
): Promise<Lab> {
  return inLab(["a", "b"], options, async (lab) => {
    for (const value of upTo(count)) {
      lab.send("a", "b", value, type);
      await lab.world.sleep(1_000);
    }
    await lab.world.sleep(60_000_000);
  });
}

export function isAscending(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]!);
}
