// A pause of the receiver keeps the order of each link, also for what arrives at the very end of the pause.
import { expect, it } from "vitest";
import { inLab, upTo } from "./support.js";

const LATENCY_US = 250;

it("a message that arrives as a pause ends stands behind those that waited", async () => {
  let exact = 0;
  for (const seed of upTo(80)) {
    const options = { seed, faults: { pause: 1_000_000 }, strikeEveryCalls: 5 };
    await inLab(["a", "b"], options, async (inner) => {
      const { world } = inner;
      const [a, b] = [world.node("a")!.incarnation!, world.node("b")!.incarnation!];
      let value = 0;
      while (b.resumeAtUs <= world.nowUs && value < 100) {
        inner.send("a", "b", value++);
        await world.sleep(LATENCY_US + 1);
      }
      // From here on b waits. One message arrives meanwhile, the next one at the very moment of its end.
      const endUs = b.resumeAtUs;
      if (endUs < world.nowUs + 2 * LATENCY_US) return;
      inner.send("a", "b", value++);
      await world.sleep(endUs - LATENCY_US - world.nowUs);
      if (a.resumeAtUs <= world.nowUs && b.resumeAtUs === endUs) exact++;
      inner.send("a", "b", value++);
      await world.sleep(60_000_000);
      expect(inner.values("b")).toEqual(upTo(value));
    });
  }
  expect(exact).toBeGreaterThan(20);
});
