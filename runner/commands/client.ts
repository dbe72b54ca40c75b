/** `seedstorm client`: one operation on a cluster that is served, for people. */
import type { Address } from "#engines/env/node/index.js";
import { UsageError } from "../errors.js";
import { parseDurationUs } from "../input/duration.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { parseServers } from "../serve/address.js";
import { SERVED } from "./serve.js";

/** What an operation may be asked for more precisely. */
export const CLIENT_OPTIONS = [
  "consistency",
  "partitions",
  "replicas",
  "min-insync",
  "acks",
  "key",
  "follow",
  "group",
  "protocol",
] as const;

export type ClientOption = (typeof CLIENT_OPTIONS)[number];

export type ClientOptions = { readonly [name in ClientOption]?: string };

/** The options of `client`, as typed. */
export interface ClientArguments extends ClientOptions {
  readonly engine: string;
  readonly operation: string;
  readonly words: readonly string[];
  readonly servers?: string;
  readonly timeout?: string;
}

/** A call whose operation, words and options fit together. */
export interface ClientCall {
  readonly operation: string;
  readonly words: readonly string[];
  readonly options: ClientOptions;
  readonly servers: ReadonlyMap<string, Address>;
  readonly timeoutUs: number;
  /** What comes in where no words are given. */
  readonly lines: AsyncIterable<string>;
  /** Ends what goes on until it is ended. */
  readonly signal: AbortSignal;
}

/** The operations of one engine. */
export interface ClientEngine {
  readonly operations: ReadonlyMap<string, ClientOperation>;
  /** Does it, prints the answer and gives the exit code. */
  run(call: ClientCall, output: Output): Promise<number>;
}

interface ClientOperation {
  /** What it is called with; the last one in brackets may be left out, or be several. */
  readonly words: readonly string[];
  readonly takes: readonly ClientOption[];
}

const DEFAULT_TIMEOUT_US = 5_000_000;

/**
 * Does it and prints the answer on stdout. Gives 0 where it was done; 1 where it certainly was not, where a key was
 * absent and where a compare-and-set did not match; 4 where nobody knows. Throws `UsageError`.
 */
export async function client(
  args: ClientArguments,
  output: Output,
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<number> {
  const { operation, words, servers, timeout, ...options } = args;
  const engine = await engineOf(args.engine);
  const wanted = engine.operations.get(operation);
  if (wanted === undefined) {
    const known = [...engine.operations.keys()];
    throw new UsageError("<operation>", "an operation", operation, suggest(operation, known));
  }
  checkWords(operation, wanted.words, words);
  for (const option of CLIENT_OPTIONS) {
    if (options[option] === undefined || wanted.takes.includes(option)) continue;
    const takers = [...engine.operations].filter(([, { takes }]) => takes.includes(option));
    const expected = takers.length === 0 ? "another engine" : `it with ${takers[0]![0]}`;
    throw new UsageError(`--${option}`, expected, `it with ${operation}`, "leave it out");
  }
  if (servers === undefined) {
    throw new UsageError("--servers", "it", "none", "write it as n1=127.0.0.1:7001,n2=127.0.0.1:7002");
  }
  const timeoutUs = timeout === undefined ? DEFAULT_TIMEOUT_US : parseDurationUs("--timeout", timeout);
  const addresses = parseServers("--servers", servers);
  return engine.run({ operation, words, options, servers: addresses, timeoutUs, lines, signal }, output);
}

async function engineOf(name: string): Promise<ClientEngine> {
  if (name === "raft") return (await import("./client-raft.js")).RAFT_CLIENT;
  if (name === "broker") return (await import("./client-broker.js")).BROKER_CLIENT;
  throw new UsageError("<engine>", "one that is served", name, suggest(name, SERVED));
}

function checkWords(operation: string, wanted: readonly string[], words: readonly string[]): void {
  const isOpen = wanted.at(-1)?.startsWith("[") === true;
  const least = isOpen ? wanted.length - 1 : wanted.length;
  if (words.length >= least && (isOpen || words.length === least)) return;
  const call = [operation, ...wanted].join(" ");
  const todo = words.length < least ? "give what is missing" : "put quotes around each word";
  throw new UsageError(operation, call, [operation, ...words].join(" "), todo);
}
