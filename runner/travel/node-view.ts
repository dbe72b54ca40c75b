/** What there is to see of a node: its machine, its process, and what the process says of itself. */
import type { ClockInspection } from "#sim/clock.js";
import type { Node } from "#sim/process.js";
import { thrownText } from "#reports/printable.js";
import { plainValue } from "#reports/recording/index.js";

/** A node as plain data. */
export interface NodeView {
  readonly node: string;
  readonly isUp: boolean;
  /** Of its latest process; 0 where there was none. */
  readonly incarnation: number;
  readonly version: number;
  /** Calls to the environment so far. */
  readonly calls: number;
  /** Until when it stands still; null where it does not. */
  readonly pausedUntilUs: number | null;
  readonly clock: ClockInspection;
  /** In the scenario's words; null where it has none. */
  readonly status: string | null;
  /** What the process says of itself; null where it says nothing, or there is none. */
  readonly state: unknown;
}

const LIMITS = { depth: 10, elements: 10_000, chars: 200 };

/** Changes nothing of the run. */
export function viewNode(node: Node, nowUs: number, status: string | undefined): NodeView {
  const { incarnation } = node;
  const isUp = node.up;
  const pausedUntilUs = isUp && incarnation!.resumeAtUs > nowUs ? incarnation!.resumeAtUs : null;
  return {
    node: node.name,
    isUp,
    incarnation: incarnation?.incarnation ?? 0,
    version: incarnation?.version ?? 0,
    calls: incarnation?.calls ?? 0,
    pausedUntilUs,
    clock: node.clock.inspect(nowUs),
    status: (isUp ? status : undefined) ?? null,
    state: isUp ? (stateOf(incarnation!) ?? null) : null,
  };
}

function stateOf(incarnation: { inspect(): unknown }): unknown {
  try {
    return plainValue(incarnation.inspect(), LIMITS);
  } catch (error) {
    // It is the scenario's own function, and may be called at a time that it did not expect.
    return `(inspect failed: ${thrownText(error)})`;
  }
}
