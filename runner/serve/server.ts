import type { SeedstormError } from "#engines/env/index.js";
import type { Address } from "#engines/env/node/index.js";

/** How any server is begun. */
export interface ServerOptions {
  /** The server's name, one of `servers`. */
  readonly node: string;
  /** Its own; made where it is missing. */
  readonly directory: string;
  readonly listen: Address;
  /** Every server of the cluster with its address. Who votes at first is settled by the first start. */
  readonly servers: ReadonlyMap<string, Address>;
  /** Takes what people should know, a line at a time. */
  readonly onLine: (line: string) => void;
}

/** A server that runs. */
export interface ServedServer {
  /** Where it listens, with the port that was taken. */
  readonly address: Address;
  /** The members as its files had them when it started, and the same in words. */
  readonly members: readonly string[];
  readonly membersText: string;
  /** What it needs before it is ready, in words; undefined where that is nothing. */
  readonly waitsFor: string | undefined;
  /** Resolves once it takes part in its cluster; never where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves once the server has ended: to nothing after `close`, else to why it could not go on. */
  readonly ended: Promise<SeedstormError | undefined>;
  /** Ends the server. What it acknowledged as durable is. */
  close(): Promise<void>;
}
