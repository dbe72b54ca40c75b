/** What runs on a server: a Raft node over its journal, its state machine, and their service. */
import { EMPTY_CONFIGURATION, isVoter } from "#engines/raft/configuration.js";
import { Journal } from "#engines/raft/journal/index.js";
import { RaftNode } from "#engines/raft/node.js";
import { serveRaft } from "#engines/raft/service/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import type { Program } from "#sim/process.js";
import { throwIfMistake } from "../fleet.js";
import type { Server } from "./cluster.js";
import type { Storm } from "./storm.js";

/** The program of one server. It ends when its storage fails; whoever keeps it running boots it again. */
export function serverProgram(storm: Storm, server: Server): Program {
  const { run, setting, plan } = storm;
  const { segmentBytes, maxSessions, ...tuning } = plan.tuning;
  return async (env, self) => {
    const formatVersion = self.version === 1 ? 1 : 2;
    const machine = setting.newMachine({
      env,
      maxSessions,
      isFaulty: plan.faulty.has(server.name),
      report: storm.report,
    });
    let raft: RaftNode;
    try {
      raft = await RaftNode.open(env, {
        ...tuning,
        storage: new Journal(env, { wal: { segmentBytes }, formatVersion }),
        machine,
        bootstrap: isVoter(plan.bootstrap, server.name) ? plan.bootstrap : EMPTY_CONFIGURATION,
        formatVersion,
      });
    } catch (error) {
      throwIfMistake(error);
      run.count("opensFailed");
      return;
    }
    self.inspect = () => raft.inspect();
    server.life = { self, raft, machine };
    serveRaft(new RpcServer(env), raft);
    const failure = await raft.stopped;
    if (failure === undefined) return;
    throwIfMistake(failure.cause ?? failure);
    // Anything else than its storage's trouble means that the server found its own state impossible.
    if (failure.code === "RAFT_STOPPED") run.count("storageFailures");
    else storm.report("raft/gave-up", failure.message);
  };
}
