import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  nodeEnv,
  type Address,
  type DiskOptions,
  type NodeEnv,
  type NodeEnvOptions,
} from "#engines/env/node/index.js";
import type { ContractHarness } from "./contract.js";

/** Runs `body` with a directory that is gone afterwards. */
export async function inDirectory<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "seedstorm-env-"));
  try {
    return await body(directory);
  } finally {
    // What a test left open, as one that dies does, may still be at work.
    await rm(directory, { recursive: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Nodes on loopback that know each other, below one directory; all are closed afterwards. */
export async function withCluster(
  names: readonly string[],
  body: (nodes: NodeEnv[], peers: Map<string, Address>) => Promise<void>,
  options: (name: string) => Partial<NodeEnvOptions> = () => ({}),
): Promise<void> {
  await inDirectory(async (directory) => {
    const peers = new Map<string, Address>();
    const nodes: NodeEnv[] = [];
    try {
      for (const node of names) {
        const given = options(node);
        const network = { listen: { host: "127.0.0.1", port: 0 }, peers, ...given.network };
        const env = await nodeEnv({
          onLog: () => undefined,
          ...given,
          node,
          root: join(directory, node),
          network,
        });
        nodes.push(env);
        if (env.address !== undefined) peers.set(node, env.address);
      }
      await body(nodes, peers);
    } finally {
      await Promise.all(nodes.map((node) => node.close()));
    }
  });
}

export function nodeHarness(disk: DiskOptions): ContractHarness {
  return {
    run: (body) =>
      inDirectory(async (directory) => {
        const env = await nodeEnv({ node: "a", root: join(directory, "a"), disk, onLog: () => undefined });
        try {
          await body(env);
        } finally {
          await env.close();
        }
      }),
    runPair: (body) =>
      withCluster(
        ["a", "b"],
        async ([a, b]) => body(a!, b!),
        () => ({ disk }),
      ),
  };
}
