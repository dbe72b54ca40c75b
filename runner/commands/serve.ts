/** `seedstorm serve`: one server of a cluster, as a process. */
import { SeedstormError } from "#engines/env/index.js";
import { describeConfiguration, membersOf } from "#engines/raft/index.js";
import { printable } from "#reports/printable.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { formatAddress, parseAddress, parseServers } from "../serve/address.js";
import { RaftServer, type RaftServerOptions } from "../serve/raft-server.js";

/** The options of `serve`, as typed. */
export interface ServeArguments {
  readonly engine: string;
  readonly node?: string;
  readonly dir?: string;
  readonly listen?: string;
  readonly peers?: string;
}

/** What can be served. */
export const SERVED: readonly string[] = ["raft"];

/** Errors about what the user gave: the command line says these in one line. */
const OF_USAGE: ReadonlySet<string> = new Set(["USAGE", "LISTEN_FAILED"]);

/**
 * Serves until the signal, then closes and gives 0: to be ended is the way a server ends. Gives 1 where its
 * storage fails, having said so. Throws `UsageError`, and LISTEN_FAILED where the address can't be had.
 */
export async function serve(args: ServeArguments, output: Output, signal: AbortSignal): Promise<number> {
  if (!SERVED.includes(args.engine)) {
    throw new UsageError("<engine>", "one that can be served", args.engine, suggest(args.engine, SERVED));
  }
  const options = optionsOf(args, output);
  try {
    const server = await RaftServer.open(options);
    const members = describeConfiguration(server.members);
    options.onLine(
      `ready on ${formatAddress(server.address)}, members ${members}, files in ${options.directory}`,
    );
    const difference = differenceOf(membersOf(server.members), [...options.servers.keys()]);
    if (difference !== undefined) options.onLine(difference);
    const failure = await untilEnd(server, signal);
    if (failure === undefined) {
      options.onLine("closed");
      return EXIT.held;
    }
    throw failure;
  } catch (error) {
    if (!(error instanceof SeedstormError) || OF_USAGE.has(error.code)) throw error;
    output.err(`${options.node}: stopped: ${printable(reasons(error))}\n`);
    return EXIT.broken;
  }
}

function optionsOf(args: ServeArguments, output: Output): RaftServerOptions {
  const servers = parseServers("--peers", given(args, "peers"));
  const node = given(args, "node");
  const own = servers.get(node);
  if (own === undefined)
    throw new UsageError("--node", "one of --peers", node, suggest(node, [...servers.keys()]));
  return {
    node,
    directory: given(args, "dir"),
    listen: args.listen === undefined ? own : parseAddress("--listen", args.listen),
    servers,
    onLine: (line) => output.out(`${node}: ${printable(line)}\n`),
  };
}

function given(args: ServeArguments, name: "node" | "dir" | "peers"): string {
  const value = args[name];
  if (value === undefined) throw new UsageError(`--${name}`, "it", "none", "see seedstorm serve --help");
  return value;
}

/** Undefined where --peers names the members and no other. */
function differenceOf(members: readonly string[], peers: readonly string[]): string | undefined {
  const missing = members.filter((member) => !peers.includes(member));
  const strange = peers.filter((peer) => !members.includes(peer));
  if (missing.length + strange.length === 0) return undefined;
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`it gives no address of ${missing.join(" ")}`);
  if (strange.length > 0) parts.push(`${strange.join(" ")} may be reached, but not as a member`);
  return `--peers differs from the members: ${parts.join("; ")}`;
}

/** Undefined where the server was closed as asked, else why it ended. */
async function untilEnd(server: RaftServer, signal: AbortSignal): Promise<SeedstormError | undefined> {
  // What goes wrong in it is what `ended` tells.
  const close = (): void => void server.close().catch(() => undefined);
  if (signal.aborted) close();
  else signal.addEventListener("abort", close);
  return server.ended;
}

/** An error with what caused it, and what caused that. */
function reasons(error: unknown): string {
  const { message, cause } = error as Error;
  return cause === undefined ? message : `${message}; because of ${reasons(cause)}`;
}
