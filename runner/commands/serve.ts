/** `seedstorm serve`: one server of a cluster, as a process. */
import { SeedstormError } from "#engines/env/index.js";
import { printable } from "#reports/printable.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { parseDurationUs } from "../input/duration.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { formatAddress, parseAddress, parseServers } from "../serve/address.js";
import type { ServedServer, ServerOptions } from "../serve/server.js";

/** The options of `serve`, as typed. */
export interface ServeArguments {
  readonly engine: string;
  readonly node?: string;
  readonly dir?: string;
  readonly listen?: string;
  readonly peers?: string;
  /** Of a broker. */
  readonly durability?: string;
  readonly session?: string;
}

type Open = (options: ServerOptions, args: ServeArguments) => Promise<ServedServer>;

/** What can be served. Each loads only when it is asked for. */
const ENGINES: ReadonlyMap<string, Open> = new Map<string, Open>([
  ["raft", openRaft],
  ["broker", openBroker],
]);

export const SERVED: readonly string[] = [...ENGINES.keys()];

const DURABILITIES = ["cache", "sync"] as const;
const SESSION_US = { usual: 9_000_000, least: 1_000_000, most: 600_000_000 };

/** Errors about what the user gave: the command line says these in one line. */
const OF_USAGE: ReadonlySet<string> = new Set(["USAGE", "LISTEN_FAILED"]);

/**
 * Serves until the signal, then closes and gives 0: to be ended is the way a server ends. Gives 1 where its
 * storage fails, having said so. Throws `UsageError`, and LISTEN_FAILED where the address can't be had.
 */
export async function serve(args: ServeArguments, output: Output, signal: AbortSignal): Promise<number> {
  const open = ENGINES.get(args.engine);
  if (open === undefined) {
    throw new UsageError("<engine>", "one that can be served", args.engine, suggest(args.engine, SERVED));
  }
  const options = optionsOf(args, output);
  try {
    const server = await open(options, args);
    const ended = untilEnd(server, signal);
    await tellReady(server, ended, options);
    const failure = await ended;
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

async function openRaft(options: ServerOptions, args: ServeArguments): Promise<ServedServer> {
  for (const name of ["durability", "session"] as const) {
    if (args[name] === undefined) continue;
    throw new UsageError(`--${name}`, "it with broker", "it with raft", "leave it out");
  }
  const { RaftServer } = await import("../serve/raft-server.js");
  return RaftServer.open(options);
}

async function openBroker(options: ServerOptions, args: ServeArguments): Promise<ServedServer> {
  const { durability = "cache", session } = args;
  const known = DURABILITIES.find((each) => each === durability);
  if (known === undefined) {
    throw new UsageError(
      "--durability",
      "cache or sync",
      JSON.stringify(durability),
      suggest(durability, DURABILITIES),
    );
  }
  const sessionTimeoutUs = session === undefined ? SESSION_US.usual : parseDurationUs("--session", session);
  if (sessionTimeoutUs < SESSION_US.least || sessionTimeoutUs > SESSION_US.most) {
    throw new UsageError("--session", "1s to 10m", session ?? "none", "9s is what Kafka takes");
  }
  const { BrokerServer } = await import("../serve/broker-server.js");
  return BrokerServer.open({ ...options, durability: known, sessionTimeoutUs });
}

function optionsOf(args: ServeArguments, output: Output): ServerOptions {
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

/** Says that it is ready once it is, or ends; until then what it waits for. */
async function tellReady(
  server: ServedServer,
  ended: Promise<unknown>,
  { directory, servers, onLine }: ServerOptions,
): Promise<void> {
  const address = formatAddress(server.address);
  const difference = differenceOf(server.members, [...servers.keys()]);
  if (difference !== undefined) onLine(difference);
  if (server.waitsFor !== undefined) onLine(`listens on ${address}, waits for ${server.waitsFor}`);
  const isReady = await Promise.race([server.ready.then(() => true), ended.then(() => false)]);
  if (isReady) onLine(`ready on ${address}, members ${server.membersText}, files in ${directory}`);
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
async function untilEnd(server: ServedServer, signal: AbortSignal): Promise<SeedstormError | undefined> {
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
