/** Runs single seeds of a job. What a worker, a verifying process and a test have in common. */
import type { Host } from "#sim/host.js";
import { runSeed } from "#sim/run-seed.js";
import type { Scenario } from "#sim/scenario.js";
import type { TraceSink } from "#sim/trace.js";
import { broken, type SeedReport } from "#reports/seed-report.js";
import type { Job } from "./protocol.js";
import { runRepro } from "./repro/index.js";

/** Never rejects: an error of the simulator itself is a finding of the seed. */
export async function runJobSeed(
  scenario: Scenario,
  job: Job,
  host: Host,
  seed: number,
  traceSink?: TraceSink,
): Promise<SeedReport> {
  try {
    const tracing = traceSink === undefined ? {} : { traceSink };
    if (job.repro !== undefined) return (await runRepro(scenario, job.repro, { host, ...tracing })).result;
    return await runSeed(scenario, {
      seed,
      host,
      parameters: new Map(job.parameters),
      switches: new Map(job.switches),
      ...tracing,
    });
  } catch (error) {
    return broken(scenario.name, seed, error);
  }
}
