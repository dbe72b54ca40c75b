/** Crash points of a scenario: records a short run without faults, then looks at every state it could crash in. */
import { assert } from "#engines/env/index.js";
import { recordDisk, type DiskOp } from "#engines/env/recording-disk.js";
import type { DiskProfile } from "../disk/index.js";
import type { Host } from "../host.js";
import type { Program } from "../process.js";
import { Run, withDefaults, type ParameterValues, type Scenario } from "../scenario.js";
import { World } from "../world.js";
import { checkImages, type CrashPointFinding, type ImageCheck, type ImageCounts } from "./image-check.js";

export type { CrashPointFinding } from "./image-check.js";

/** What a scenario offers to be explored. Made for each run. */
export interface Explorable {
  readonly profile: DiskProfile;
  /** A short run of the engine. Its disk is recorded. */
  readonly program: Program;
  /** How far the promises of the recorded run have come: a number that grows with every one of them. */
  position(): number;
  /** See `ImageCheck.recover`. */
  readonly recover: ImageCheck["recover"];
}

export interface CrashPointOptions {
  readonly seed: number;
  readonly host: Host;
  readonly imagesPerPoint: number;
  /** Parameters that differ from the scenario's defaults. */
  readonly parameters?: ParameterValues;
  readonly onPoint?: ImageCheck["onPoint"];
}

export interface CrashPointReport {
  readonly operations: number;
  readonly counts: ImageCounts;
  readonly findings: readonly CrashPointFinding[];
}

/** Records one seed of a scenario that can be explored, and checks every crash point of it. */
export async function exploreCrashPoints(
  scenario: Scenario,
  options: CrashPointOptions,
): Promise<CrashPointReport> {
  assert(scenario.explore !== undefined, "the scenario can be explored");
  const world = new World({ seed: options.seed, host: options.host, swarm: new Map() });
  const explorable = scenario.explore(new Run(world, withDefaults(scenario, options.parameters)));
  const ops: DiskOp[] = [];
  const positions: number[] = [];
  const node = world.addNode("n1", explorable.profile);
  await world.run(async () => {
    const program: Program = (env, self) => {
      const disk = recordDisk(env.disk, (op) => {
        positions.push(explorable.position());
        ops.push(op);
      });
      return explorable.program({ ...env, disk }, self);
    };
    await world.boot(node, program).exited;
  });
  positions.push(explorable.position());
  const broken = world.findings[0];
  if (broken !== undefined) {
    const finding = {
      point: ops.length,
      operation: "the recorded run itself",
      imageHash: 0,
      finding: broken,
    };
    return {
      operations: ops.length,
      counts: { points: 0, pointsSampled: 0, distinct: 0, checked: 0 },
      findings: [finding],
    };
  }
  const { seed, host, imagesPerPoint, onPoint } = options;
  const { profile, recover } = explorable;
  const check = {
    seed,
    host,
    profile,
    imagesPerPoint,
    recover,
    ...(onPoint === undefined ? {} : { onPoint }),
  };
  return { operations: ops.length, ...(await checkImages({ ops, positions }, check)) };
}
