/**
 * The real world behind the seam: `Env` over Node's files, sockets, time and random numbers.
 *
 * What lives here: `nodeEnv` and its parts, one file each. What it promises: the contract of `engines/env`,
 * held by the same suite as the simulator's, and on Linux that two which share a root don't both write there
 * (`directory-lock.ts` says what that does not cover). What it does not: it injects no faults, and encrypts or authenticates nothing on the network. A `sync` is as good as the
 * device's flush.
 */

import { resolve } from "node:path";
import type { Env, Observation } from "../index.js";
import { NodeClock } from "./clock.js";
import { NodeDisk, makeRoot } from "./disk.js";
import type { DiskOptions } from "./file.js";
import { type Address, NodeNetwork, type NetworkOptions } from "./network.js";
import { NodeRandom } from "./random.js";

export type { DiskOptions, IoStrategy } from "./file.js";
export type { Address, NetworkOptions } from "./network.js";

export interface NodeEnvOptions {
  /** The name of this node. */
  readonly node: string;
  /**
   * The directory that holds this node's files; made where it is missing. The first call
   * that opens a file or changes something takes it, until `close` or the end of the process; in another environment
   * that call rejects with `DirectoryInUse` meanwhile.
   */
  readonly root: string;
  /** Where blocking calls run, see `DiskOptions`; both `inline` unless given. */
  readonly disk?: Partial<DiskOptions>;
  /** Without it the node can only talk to itself. */
  readonly network?: NetworkOptions;
  readonly onObserve?: (event: Observation) => void;
  readonly onReached?: (mark: string) => void;
  /** Takes `env.log` and the network's own remarks; lines on stderr unless given. */
  readonly onLog?: (message: string) => void;
  /** Takes what a message handler or one of the hooks above threw. Unless given it becomes an uncaught exception, which ends the process. */
  readonly onError?: (error: unknown) => void;
}

export interface NodeEnv extends Env {
  /** Where this node listens, with the port that was taken; undefined where it doesn't. */
  readonly address: Address | undefined;
  /**
   * Drops timers and connections, then closes the files that are open, once their running calls have ended.
   * It syncs nothing, and gives the root back. Nothing of this environment may be used from its call on.
   */
  close(): Promise<void>;
}

/** Throws `DiskError` where the root can't be made, and `LISTEN_FAILED`. */
export async function nodeEnv(options: NodeEnvOptions): Promise<NodeEnv> {
  const root = resolve(options.root);
  await makeRoot(root);
  const onError = options.onError ?? throwUncaught;
  const log = guarded(
    options.onLog ?? ((message: string) => void process.stderr.write(`[${options.node}] ${message}\n`)),
    onError,
  );
  const clock = new NodeClock();
  const disk = new NodeDisk(root, { sync: "inline", read: "inline", ...options.disk });
  const network = new NodeNetwork(options.node, options.network ?? {}, { log, onError });
  const address = await network.listen();
  return {
    node: options.node,
    clock,
    disk,
    network,
    random: new NodeRandom(),
    log,
    observe: guarded(options.onObserve, onError),
    reached: guarded(options.onReached, onError),
    buggify: () => false,
    address,
    async close() {
      clock.close();
      await network.close();
      await disk.close();
    },
  };
}

/** A mistake of who listens must not strike the engine in the middle of a step. */
function guarded<T>(
  hook: ((value: T) => void) | undefined,
  onError: (error: unknown) => void,
): (value: T) => void {
  if (hook === undefined) return () => undefined;
  return (value) => {
    try {
      hook(value);
    } catch (error) {
      onError(error);
    }
  };
}

function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
