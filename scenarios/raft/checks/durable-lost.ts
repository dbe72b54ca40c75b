/**
 * Checks: what a server said is durable is in its log, or in a snapshot before it, when it boots the next time.
 * A log that was cut in memory may come back as it was before the cut, or after.
 *
 * Does not check: a server that found its disk damaged, says so, and is repaired. On disks that lie this is
 * expected to fire. Term and vote are the business of `term-monotonic`.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import { describePosition } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

export class DurableLost implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/booted"];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/booted" || event.isRepairing) return;
    const { base, entries } = event;
    const { durable } = server;
    if (base.index >= durable.index) return;
    // A snapshot takes the place of a log that conflicts with it, whatever was durable of that.
    if (base.index > 0 && durable.ancestorAt(base.index)?.term !== base.term) return;
    const found = entries[durable.index - base.index - 1];
    if (found?.term === durable.term) return;
    const instead = found === undefined ? "nothing" : describePosition(found);
    this.#report(
      "raft/durable-lost",
      `${server.name} boots with ${instead} where ${describePosition(durable)} was durable`,
    );
  }
}
