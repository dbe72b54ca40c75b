/** What a server says of itself when a person asks. */
import { describeConfiguration, type RaftInspection } from "#engines/raft/index.js";
import {
  NO_FIELDS,
  defineRpc,
  fieldsCodec,
  type RpcClient,
  type RpcServer,
  type RpcType,
} from "#engines/rpc/index.js";

export interface ServerStatus {
  /** `leader`, `follower`, `candidate`, `preCandidate`; `repairing` while the server is rebuilt from the others. */
  readonly role: string;
  readonly term: number;
  /** Empty where it knows of none. */
  readonly leader: string;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  /** In words, see `describeConfiguration`. */
  readonly members: string;
}

const VERSION = 1;

const STATUS: RpcType<undefined, ServerStatus> = defineRpc({
  id: 1100,
  name: "serve/status",
  request: fieldsCodec("a serve/status", VERSION, NO_FIELDS),
  response: fieldsCodec("the answer to serve/status", VERSION, {
    put(sink, { role, term, leader, commit, applied, lastIndex, members }: ServerStatus) {
      sink.text(role);
      sink.integer(term);
      sink.text(leader);
      sink.integer(commit);
      sink.integer(applied);
      sink.integer(lastIndex);
      sink.text(members);
    },
    read: (reader) => ({
      role: reader.text(),
      term: reader.integer(),
      leader: reader.text(),
      commit: reader.integer(),
      applied: reader.integer(),
      lastIndex: reader.integer(),
      members: reader.text(),
    }),
  }),
});

export function serveStatus(rpc: RpcServer, inspect: () => RaftInspection): void {
  rpc.serve(STATUS, () => {
    const { role, isRepairing, term, leader = "", commit, applied, last, configuration } = inspect();
    const members = describeConfiguration(configuration);
    return {
      role: isRepairing ? "repairing" : role,
      term,
      leader,
      commit,
      applied,
      lastIndex: last.index,
      members,
    };
  });
}

/** Undefined where the server does not answer in time. */
export async function askStatus(
  rpc: RpcClient,
  server: string,
  timeoutUs: number,
): Promise<ServerStatus | undefined> {
  return rpc.call(server, STATUS, undefined, { timeoutUs }).promise.catch(() => undefined);
}
