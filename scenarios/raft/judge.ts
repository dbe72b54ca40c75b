/** The verdict on the clients' history: linearizable, key by key. */
import {
  checkLinearizable,
  describeExplanation,
  keyValueModel,
  type KeyValueOperation,
} from "#sim/check/linearizability/index.js";
import type { Storm } from "./storm.js";

/** Steps of the model; far more than a run's history takes, but for a freak. */
const STEP_BUDGET = 2_000_000;

/** Judges all operations that were recorded. */
export function judgeHistory(storm: Storm): void {
  const { run, setting, operations } = storm;
  const { history } = operations;
  if (setting.tolerates === "stale-reads") {
    // Whatever the clocks do, all but the reads that rely on them has to be right.
    const violation = violationOf(
      storm,
      history.operations.filter(({ id }) => !operations.leaseReads.has(id)),
    );
    if (violation !== undefined) {
      run.world.fail("raft/linearizability", violation);
      return;
    }
  }
  const violation = violationOf(storm, history.operations);
  if (violation === undefined) return;
  switch (setting.tolerates) {
    case "nothing":
      run.world.fail("raft/linearizability", violation);
      return;
    case "stale-reads":
      run.count("staleReads");
      run.world.reached("raft-clocks/violation-outside-bound");
      return;
    case "loss":
      storm.noteLoss();
  }
}

function violationOf({ run }: Storm, operations: readonly KeyValueOperation[]): string | undefined {
  const model = keyValueModel();
  const verdict = checkLinearizable(model, operations, { stepBudget: STEP_BUDGET });
  if (verdict.verdict === "undecided") run.count("undecided");
  if (verdict.verdict !== "violation") return undefined;
  const { explanation } = verdict;
  run.tellViolation({
    operations: [explanation.operation.id],
    linearized: explanation.prefix.map(({ id }) => id),
    state: `${String(explanation.key)}: ${model.describeState(explanation.state)}`,
  });
  return describeExplanation(model, explanation).join("\n");
}
