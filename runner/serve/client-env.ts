import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { nodeEnv, type Address, type NodeEnv } from "#engines/env/node/index.js";

/** The environment of a client, which dials when there is something to say: who can't be reached is no error yet. */
export function clientEnv(servers: ReadonlyMap<string, Address>): Promise<NodeEnv> {
  return nodeEnv({
    // Servers answer the latest connection of a name: no two clients may share one.
    node: `client-${randomUUID()}`,
    // A client has no files. This directory is there, and stays as it is.
    root: tmpdir(),
    network: { peers: servers },
    onLog: () => {},
  });
}
