/** The controllers and the brokers of a run, and what runs on them. */
import { Controller } from "#engines/broker/controller/index.js";
import { Broker } from "#engines/broker/server/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import type { Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { Fleet, throwIfMistake, type Alive, type Server } from "../fleet.js";
import type { Storm } from "./storm.js";

export interface ControllerLife extends Alive {
  readonly controller: Controller;
}

export interface BrokerLife extends Alive {
  readonly broker: Broker;
}

export type Controllers = Fleet<ControllerLife>;
export type Brokers = Fleet<BrokerLife>;

const SHUTDOWN_TIMEOUT_US = 2_000_000;
const NONE: ReadonlySet<string> = new Set();

export function newControllers(storm: Storm): Controllers {
  const { run, plan } = storm;
  return new Fleet<ControllerLife>(run, {
    names: plan.controllers,
    metadata: plan.metadata,
    writeBackMeanUs: plan.writeBackMeanUs,
    oldVersions: NONE,
    program: (server) => controllerProgram(storm, server),
  });
}

export function newBrokers(storm: Storm): Brokers {
  const { run, plan } = storm;
  return new Fleet<BrokerLife>(run, {
    names: plan.brokers,
    metadata: plan.metadata,
    writeBackMeanUs: plan.writeBackMeanUs,
    oldVersions: NONE,
    program: (server) => brokerProgram(storm, server),
  });
}

function controllerProgram(storm: Storm, server: Server<ControllerLife>): Program {
  const { run, plan } = storm;
  const { tuning } = plan;
  return async (env, self) => {
    const controller = await opened(run, () =>
      Controller.open(env, new RpcServer(env), {
        directory: "controller",
        controllers: plan.controllers,
        sessionTimeoutUs: tuning.sessionTimeoutUs,
        preferredLeaderIntervalUs: tuning.preferredLeaderIntervalUs,
        retainedRecords: tuning.metadataRecordsKept,
        raft: {
          electionTimeoutUs: tuning.electionTimeoutUs,
          heartbeatUs: tuning.raftHeartbeatUs,
          snapshotEvery: tuning.snapshotEvery,
        },
      }),
    );
    if (controller === undefined) return;
    self.inspect = () => controller.inspect();
    server.life = { self, controller };
    await ended(run, controller.stopped);
  };
}

function brokerProgram(storm: Storm, server: Server<BrokerLife>): Program {
  const { run, plan } = storm;
  const { tuning } = plan;
  return async (env, self) => {
    const broker = await opened(run, () =>
      Broker.open(env, new RpcServer(env), {
        directory: "broker",
        controllers: plan.controllers,
        durability: tuning.durability,
        heartbeatUs: tuning.heartbeatUs,
        replicaLagMaxUs: tuning.replicaLagMaxUs,
        isrCheckUs: Math.trunc(tuning.replicaLagMaxUs / 2),
        fetchMaxWaitUs: tuning.fetchMaxWaitUs,
        fetchBackoffUs: tuning.heartbeatUs,
        metadataMaxWaitUs: tuning.fetchMaxWaitUs,
        requestTimeoutUs: tuning.sessionTimeoutUs,
        attemptTimeoutUs: tuning.heartbeatUs,
        flushIntervalUs: tuning.flushIntervalUs,
        checkpointUs: tuning.flushIntervalUs,
        retentionCheckUs: tuning.retentionCheckUs,
        throttleBytesPerS: tuning.throttleBytesPerS,
        producerIdBlock: 3,
        shutdownTimeoutUs: SHUTDOWN_TIMEOUT_US,
        ...storm.coordinators,
      }),
    );
    if (broker === undefined) return;
    self.inspect = () => broker.inspect();
    server.life = { self, broker };
    await ended(run, broker.stopped);
  };
}

/** What was opened; undefined where its disk did not let it. */
async function opened<T>(run: Run, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    throwIfMistake(error);
    run.count("opensFailed");
    return undefined;
  }
}

async function ended(run: Run, stopped: Promise<Error | undefined>): Promise<void> {
  const failure = await stopped;
  if (failure === undefined) return;
  throwIfMistake(failure.cause ?? failure);
  run.count("serverFailures");
}
