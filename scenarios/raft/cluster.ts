/** The servers of a run. */
import type { RaftNode } from "#engines/raft/node.js";
import type { DurableMachine, StateMachine } from "#engines/raft/state-machine.js";
import { Fleet, type Alive, type Server as FleetServer } from "../fleet.js";
import { serverProgram } from "./server.js";
import type { Storm } from "./storm.js";

/** A server that is up, with its log recovered. */
export interface Life extends Alive {
  readonly raft: RaftNode;
  readonly machine: StateMachine | DurableMachine;
}

export type Server = FleetServer<Life>;
export type Cluster = Fleet<Life>;

export function newCluster(storm: Storm): Cluster {
  const { servers, metadata, oldVersions } = storm.plan;
  return new Fleet<Life>(storm.run, {
    names: servers,
    metadata,
    oldVersions,
    program: (server) => serverProgram(storm, server),
  });
}
