/** The verdict on the clients' history: linearizable, key by key. */
import {
  checkLinearizable,
  keyValueModel,
  type Explanation,
  type KeyValueInput,
  type KeyValueOperation,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { clientsOf, shown, violationText } from "./narration.js";
import type { Storm } from "./storm.js";

/** Steps of the model; far more than a run's history takes, but for a freak. */
const STEP_BUDGET = 2_000_000;

/** Judges all operations that were recorded. */
export function judgeHistory(storm: Storm): void {
  const { run, setting, operations } = storm;
  const { history } = operations;
  if (setting.tolerates === "stale-reads") {
    // Whatever the clocks do, all but the reads that rely on them has to be right.
    const others = history.operations.filter(({ id }) => !operations.leaseReads.has(id));
    const broken = explanationOf(storm, others);
    if (broken !== undefined) {
      fail(storm, broken);
      return;
    }
  }
  const broken = explanationOf(storm, history.operations);
  if (broken === undefined) return;
  switch (setting.tolerates) {
    case "nothing":
      fail(storm, broken);
      return;
    case "stale-reads":
      run.count("staleReads");
      run.world.reached("raft-clocks/violation-outside-bound");
      return;
    case "loss":
      storm.noteLoss();
  }
}

type Broken = Explanation<Value, KeyValueInput, ValueOutput>;

function fail({ run, plan, operations }: Storm, broken: Broken): void {
  run.tellViolation({
    operations: [broken.operation.id],
    linearized: broken.prefix.map(({ id }) => id),
    state: `${String(broken.key)} is ${shown(broken.state)}`,
  });
  run.world.fail("raft/linearizability", violationText(clientsOf(plan, operations), broken));
}

function explanationOf({ run }: Storm, operations: readonly KeyValueOperation[]): Broken | undefined {
  const verdict = checkLinearizable(keyValueModel(), operations, { stepBudget: STEP_BUDGET });
  if (verdict.verdict === "undecided") run.count("undecided");
  return verdict.verdict === "violation" ? verdict.explanation : undefined;
}
