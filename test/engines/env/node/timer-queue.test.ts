import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TimerQueue, type QueuedTimer } from "#engines/env/node/timer-queue.js";

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("add" as const), dueUs: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: fc.nat() }) },
);

test("the first timer is always the earliest, then the oldest, whatever leaves in between", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 100, maxLength: 150 }), (actions) => {
      const queue = new TimerQueue();
      let model: QueuedTimer[] = [];
      const removed: QueuedTimer[] = [];
      for (const step of actions) {
        if (step.kind === "add") {
          model.push(queue.add(step.dueUs, () => undefined));
          model = model.toSorted((a, b) => a.dueUs - b.dueUs || a.order - b.order);
        } else {
          // One that has left already may be picked as well: no effect.
          const all = [...model, ...removed];
          const timer = all[step.pick % Math.max(1, all.length)];
          if (timer === undefined) continue;
          queue.remove(timer);
          removed.push(timer);
          model = model.filter((other) => other !== timer);
        }
        expect(queue.first()).toBe(model[0]);
      }
      for (const timer of model) {
        expect(queue.first()).toBe(timer);
        queue.remove(timer);
      }
      expect(queue.first()).toBeUndefined();
    }),
    { seed: 3 },
  );
});
