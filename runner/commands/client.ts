/** `seedstorm client`: one operation on a cluster that is served, for people. */
import { RaftError, type Consistency } from "#engines/raft/index.js";
import {
  decodeResult,
  encodeCommand,
  encodeQuery,
  type KeyValueCommand,
  type KeyValueResult,
} from "#engines/raft/kv/index.js";
import type { RaftClient } from "#engines/raft/service/index.js";
import { printable } from "#reports/printable.js";
import { table } from "#reports/table.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { parseDurationUs } from "../input/duration.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { parseServers } from "../serve/address.js";
import { RaftConnection } from "../serve/raft-connection.js";
import { SERVED } from "./serve.js";

/** The options of `client`, as typed. */
export interface ClientArguments {
  readonly engine: string;
  readonly operation: string;
  readonly words: readonly string[];
  readonly servers?: string;
  readonly consistency?: string;
  readonly timeout?: string;
}

const DEFAULT_TIMEOUT_US = 5_000_000;
const CONSISTENCIES: readonly Consistency[] = ["linearizable", "lease", "stale"];

/** What each operation is called with. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["get", ["KEY"]],
  ["put", ["KEY", "VALUE"]],
  ["append", ["KEY", "VALUE"]],
  ["cas", ["KEY", "FROM", "TO"]],
  ["delete", ["KEY"]],
  ["status", []],
]);

/** What is to be done, with all that was typed understood. */
interface Asked {
  readonly operation: string;
  readonly words: readonly string[];
  readonly consistency: Consistency;
  readonly timeoutUs: number;
}

/**
 * Does it and prints the answer on stdout. Gives 0 where it was done; 1 where it certainly was not, where the
 * key was absent and where the compare-and-set did not match; 4 where nobody knows. Throws `UsageError`.
 */
export async function client(args: ClientArguments, output: Output): Promise<number> {
  const asked = understand(args);
  if (args.servers === undefined) {
    throw new UsageError("--servers", "it", "none", "write it as n1=127.0.0.1:7001,n2=127.0.0.1:7002");
  }
  const connection = await RaftConnection.open(parseServers("--servers", args.servers));
  try {
    if (asked.operation === "status") return await status(connection, asked.timeoutUs, output);
    return say(asked, await perform(connection.client(), asked), output);
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    output.err(`${error.outcome}: ${printable(error.message)}\n`);
    return error.outcome === "failed" ? EXIT.broken : EXIT.vacuous;
  } finally {
    await connection.close();
  }
}

function understand({ engine, operation, words, consistency, timeout }: ClientArguments): Asked {
  if (!SERVED.includes(engine)) {
    throw new UsageError("<engine>", "one that is served", engine, suggest(engine, SERVED));
  }
  const wanted = WORDS.get(operation);
  if (wanted === undefined) {
    throw new UsageError("<operation>", "an operation", operation, suggest(operation, [...WORDS.keys()]));
  }
  if (words.length !== wanted.length) {
    const call = [operation, ...wanted].join(" ");
    throw new UsageError(operation, call, [operation, ...words].join(" "), "put quotes around each word");
  }
  const known = CONSISTENCIES.find((each) => each === (consistency ?? "linearizable"));
  if (known === undefined) {
    throw new UsageError(
      "--consistency",
      "a kind of read",
      consistency!,
      suggest(consistency!, CONSISTENCIES),
    );
  }
  if (consistency !== undefined && operation !== "get") {
    throw new UsageError("--consistency", "it with get", `it with ${operation}`, "leave it out");
  }
  const timeoutUs = timeout === undefined ? DEFAULT_TIMEOUT_US : parseDurationUs("--timeout", timeout);
  return { operation, words, consistency: known, timeoutUs };
}

async function perform(raft: RaftClient, asked: Asked): Promise<KeyValueResult> {
  const { operation, words, consistency, timeoutUs } = asked;
  const [key = "", second = "", third = ""] = words;
  const execute = async (command: KeyValueCommand): Promise<KeyValueResult> =>
    decodeResult(await raft.execute(encodeCommand(command), { timeoutUs }));
  switch (operation) {
    case "put":
    case "append":
      return execute({ op: operation, key, value: second });
    case "cas":
      return execute({ op: "cas", key, from: second, to: third });
    case "delete":
      return execute({ op: "delete", key });
    default:
      return decodeResult(await raft.query(encodeQuery({ op: "get", key }), consistency, { timeoutUs }));
  }
}

/** Prints the answer and gives the exit code. */
function say({ words: [key] }: Asked, result: KeyValueResult, output: Output): number {
  const refuse = (line: string): number => {
    output.err(`${printable(line)}\n`);
    return EXIT.broken;
  };
  switch (result.kind) {
    case "value":
      if (result.value === null) return refuse(`${key} is absent`);
      output.out(`${result.value}\n`);
      break;
    case "mismatch":
      return refuse(`no match: ${result.value === null ? "absent" : JSON.stringify(result.value)}`);
    case "badCommand":
      return refuse("the servers don't know this operation");
    case "tooLarge":
      return refuse("the key or the value is too long for the servers");
    case "deleted":
      output.out(result.existed ? "ok\n" : "ok, was absent\n");
      break;
    case "ok":
    case "matched":
      output.out("ok\n");
  }
  return EXIT.held;
}

/** Gives 1 where no server answered. */
async function status(connection: RaftConnection, timeoutUs: number, output: Output): Promise<number> {
  const answers = await connection.status(timeoutUs);
  const rows = [...answers].map(([server, answer]) =>
    answer === undefined
      ? [server, "no answer"]
      : [
          server,
          answer.role,
          String(answer.term),
          answer.leader === "" ? "none" : answer.leader,
          String(answer.commit),
          String(answer.applied),
          String(answer.lastIndex),
          answer.members,
        ],
  );
  const header = ["server", "role", "term", "leader", "commit", "applied", "last", "members"];
  output.out(`${table(header, rows).map(printable).join("\n")}\n`);
  return [...answers.values()].some((answer) => answer !== undefined) ? EXIT.held : EXIT.broken;
}
