/**
 * Checks, once all is healed and quiet: the voters of the latest committed configuration run, are whole, know
 * the same to be committed, and have applied all of it with the same digest.
 *
 * Does not check: learners and servers that were removed, which may be behind for good.
 */
import { isJoint, describeConfiguration } from "#engines/raft/configuration.js";
import type { Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { asInspectedRaft, type InspectedRaft } from "./misreported.js";

/** What is needed of the world. */
export interface RunningNodes {
  node(name: string): { readonly incarnation: RunningProcess | undefined } | undefined;
}

export interface RunningProcess {
  readonly alive: boolean;
  inspect(): unknown;
}

export interface ConvergenceOptions {
  readonly checks: { readonly model: ClusterModel };
  readonly world: RunningNodes;
}

/** Reports `raft/not-converged` where the members have not come to one state. */
export function checkConvergence(options: ConvergenceOptions & { readonly report: Report }): void {
  const problem = convergenceProblem(options);
  if (problem !== undefined) options.report("raft/not-converged", problem);
}

/** The same as a question, to wait with: what is missing, or undefined. */
export function convergenceProblem({ checks, world }: ConvergenceOptions): string | undefined {
  const { committedConfiguration: configuration, committedIndex } = checks.model;
  if (configuration.voters.length === 0) return "no server has told a configuration";
  if (isJoint(configuration)) return `${describeConfiguration(configuration)} is still joint`;
  let first: InspectedRaft | undefined;
  for (const name of configuration.voters) {
    const incarnation = world.node(name)?.incarnation;
    const said = incarnation?.alive === true ? asInspectedRaft(incarnation.inspect()) : undefined;
    if (said === undefined) return `${name} does not run`;
    if (said.isRepairing) return `${name} is being repaired`;
    if (said.applied !== committedIndex || said.commit !== committedIndex) {
      const where = `committed ${said.commit} and applied ${said.applied}`;
      return `${name} has ${where}, but ${committedIndex} is committed`;
    }
    first ??= said;
    if (said.digest !== first.digest) {
      const digests = `${said.digest.toString(16)}, not ${first.digest.toString(16)} as ${configuration.voters[0]!}`;
      return `${name} has applied up to ${said.applied} with digest ${digests}`;
    }
  }
  return undefined;
}
