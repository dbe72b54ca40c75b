/** `seedstorm client raft`. */
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
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { RaftConnection } from "../serve/raft-connection.js";
import type { ClientCall, ClientEngine } from "./client.js";

const CONSISTENCIES: readonly Consistency[] = ["linearizable", "lease", "stale"];

/** What is to be done, with all that was typed understood. */
interface Asked extends ClientCall {
  readonly consistency: Consistency;
}

export const RAFT_CLIENT: ClientEngine = {
  operations: new Map([
    ["get", { words: ["KEY"], takes: ["consistency"] }],
    ["put", { words: ["KEY", "VALUE"], takes: [] }],
    ["append", { words: ["KEY", "VALUE"], takes: [] }],
    ["cas", { words: ["KEY", "FROM", "TO"], takes: [] }],
    ["delete", { words: ["KEY"], takes: [] }],
    ["status", { words: [], takes: [] }],
  ]),
  async run(call, output) {
    const asked = { ...call, consistency: consistencyOf(call) };
    const connection = await RaftConnection.open(call.servers);
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
  },
};

function consistencyOf({ options: { consistency = "linearizable" } }: ClientCall): Consistency {
  const known = CONSISTENCIES.find((each) => each === consistency);
  if (known !== undefined) return known;
  throw new UsageError("--consistency", "a kind of read", consistency, suggest(consistency, CONSISTENCIES));
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
