// The same client and server over TCP: a redirect, a session, a command, a query, and a command done once.
import { expect, test } from "vitest";
import { notLeader } from "#engines/raft/errors.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { withCluster } from "../../env/node-harness.js";
import { forever } from "../../rpc/support.js";
import { FakeLog, isOpening, serve, textOf, utf8 } from "./support.js";

test("a client gets its command done once over the real network", () =>
  withCluster(["s1", "s2", "c"], async ([follower, leader, env]) => {
    const log = new FakeLog();
    let commands = 0;
    serve(follower!, { propose: () => Promise.reject(notLeader("s1", "s2")) });
    serve(leader!, {
      propose: (command) => {
        const result = log.commit(command);
        return !isOpening(command) && ++commands === 1 ? forever() : Promise.resolve(result);
      },
      read: (query) => Promise.resolve(log.query(query)),
    });
    const client = new RaftClient(new RpcClient(env!), { servers: ["s1"], attemptTimeoutUs: 200_000 });
    expect(textOf(await client.execute(utf8("a"), { timeoutUs: 10_000_000 }))).toBe("1:a");
    expect(textOf(await client.query(utf8("q"), "linearizable", { timeoutUs: 10_000_000 }))).toBe("1:q");
    expect(commands).toBe(2);
    expect(log.applied).toEqual(["a"]);
  }));
