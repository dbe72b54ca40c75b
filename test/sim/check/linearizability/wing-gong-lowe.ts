/**
 * The plain search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory of
 * what was tried: the differential oracle. Short and obviously right, and slow.
 */
import type { Operation } from "#sim/check/history.js";
import type { Model } from "#sim/check/linearizability/index.js";

/**
 * True where the history, of one key and at most 31 operations, is linearizable. `until` looks at what had
 * happened before that position only: what was pending then may have taken effect, with its later answer.
 */
export function isLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  until: number = Infinity,
): boolean {
  const operations = history.filter((o) => model.roleOf(o) !== "nothing" && o.invokedAt < until);
  const isOpen = ({ outcome, answeredAt }: Operation<Input, Output>): boolean =>
    outcome === "open" || outcome === "unknown" || answeredAt! >= until;
  const endOf = (o: Operation<Input, Output>): number => (isOpen(o) ? Infinity : o.answeredAt!);
  const tried = new Set<string>();

  const canFinish = (done: number, state: State): boolean => {
    const left = operations.filter((_, i) => (done & (1 << i)) === 0);
    if (left.every(isOpen)) return true;
    const key = `${done} ${JSON.stringify(model.stateKey(state))}`;
    if (tried.has(key)) return false;
    tried.add(key);
    const firstEnd = Math.min(...left.map(endOf));
    return operations.some((operation, i) => {
      if ((done & (1 << i)) !== 0 || operation.invokedAt > firstEnd) return false;
      const next = model.step(state, operation);
      return next !== undefined && canFinish(done | (1 << i), next);
    });
  };
  return canFinish(0, model.initial);
}
