import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKind } from "#sim/events.js";
import { Event, EventQueue } from "#sim/queue.js";

const KIND = eventKind("test/event");

function event(timeUs: number, tie: number, id: number): Event {
  return new Event(timeUs, tie, id, 0, undefined, KIND, 0, () => {});
}

function order(a: Event, b: Event): number {
  return a.timeUs - b.timeUs || a.tie - b.tie || a.id - b.id;
}

type Step =
  { type: "push"; timeUs: number; tie: number } | { type: "pop" } | { type: "cancel"; pick: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ type: fc.constant("push" as const), timeUs: fc.nat(20), tie: fc.nat(3) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("pop" as const) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("cancel" as const), pick: fc.nat(1000) }) },
  ),
  { maxLength: 400, size: "max" },
);

describe("the event queue", () => {
  it("gives events in the order of (time, tie, id), less the cancelled ones", () => {
    fc.assert(
      fc.property(steps, (script: Step[]) => {
        const queue = new EventQueue();
        let waiting: Event[] = [];
        let id = 0;
        for (const step of script) {
          if (step.type === "push") {
            const pushed = event(step.timeUs, step.tie, ++id);
            queue.push(pushed);
            waiting.push(pushed);
          } else if (step.type === "pop") {
            waiting.sort(order);
            expect(queue.pop()).toBe(waiting.shift());
          } else if (waiting.length > 0) {
            const victim = waiting[step.pick % waiting.length]!;
            queue.cancel(victim);
            waiting = waiting.filter((other) => other !== victim);
          }
          expect(queue.size).toBe(waiting.length);
        }
        waiting.sort(order);
        for (const next of waiting) expect(queue.pop()).toBe(next);
        expect(queue.pop()).toBeUndefined();
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("sweeps cancelled events out once they are the majority", () => {
    const queue = new EventQueue();
    const events = Array.from({ length: 1_000 }, (_, i) => event(i, 0, i));
    for (const each of events) queue.push(each);
    for (const each of events.slice(0, 900)) queue.cancel(each);
    expect(queue.size).toBe(100);
    expect(queue.pop()).toBe(events[900]);
  });

  it("cancels an event once only", () => {
    const queue = new EventQueue();
    const once = event(1, 0, 1);
    queue.push(once);
    queue.cancel(once);
    expect(() => queue.cancel(once)).toThrow(/cancelled once/);
  });
});
