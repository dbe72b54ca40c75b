// What every link keeps to, whatever the traffic: its order, and its independence of other links.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { NetworkProfile } from "#sim/network/index.js";
import type { TestWorldOptions } from "../../support/world.js";
import { inLab, isAscending, NUMBER, type Lab } from "./support.js";

const NAMES = ["a", "b", "c"];

interface Send {
  readonly from: string;
  readonly to: string;
  readonly afterUs: number;
}

const name = fc.constantFrom(...NAMES);
const send: fc.Arbitrary<Send> = fc.record({ from: name, to: name, afterUs: fc.nat(400) });
const profile: fc.Arbitrary<NetworkProfile> = fc.record({
  minLatencyUs: fc.integer({ min: 1, max: 500 }),
  meanLatencyUs: fc.constantFrom(0, 100, 5_000),
  bandwidthBytesPerS: fc.constantFrom(0, 100_000),
  queueMessages: fc.constantFrom(0, 5),
});

/** Numbers the messages of each link from 0. `onSend` is called before each. */
async function runSends(
  sends: readonly Send[],
  options: TestWorldOptions,
  onSend: (lab: Lab, i: number) => void = () => {},
): Promise<Lab> {
  return inLab(NAMES, options, async (lab) => {
    const sent = new Map<string, number>();
    for (const [i, { from, to, afterUs }] of sends.entries()) {
      await lab.world.sleep(afterUs);
      onSend(lab, i);
      const link = `${from}${to}`;
      const value = sent.get(link) ?? 0;
      sent.set(link, value + 1);
      lab.send(from, to, value);
    }
    await lab.world.sleep(300_000_000);
  });
}

it("messages of a link arrive in their order, through clogs, pauses, slow ones and healing", async () => {
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(send, { minLength: 30, maxLength: 120 }),
      profile,
      fc.nat(1_000),
      fc.nat(200),
      async (sends, networkProfile, seed, healAt) => {
        const faults = {
          "message-loss": 50_000,
          "slow-link": 50_000,
          "link-clog": 100_000,
          bandwidth: 300_000,
          pause: 1_000_000,
        };
        const options = { seed, networkProfile, faults, strikeEveryCalls: 15 };
        const lab = await runSends(sends, options, (inner, i) => {
          if (i === healAt) inner.world.network.healAmong(["a", "b"]);
          if (i === healAt + 20) inner.world.network.heal();
        });
        for (const to of NAMES) {
          for (const from of NAMES) expect(isAscending(lab.values(to, from))).toBe(true);
        }
        waited += lab.faults("pause").changed + lab.faults("link-clog").changed;
      },
    ),
    { seed: 7, numRuns: 150 },
  );
  expect(waited).toBeGreaterThan(300);
});

it("what happens on one link does not depend on the others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(send, { minLength: 20, maxLength: 60 }),
      profile,
      fc.nat(1_000),
      async (sends, networkProfile, seed) => {
        const kinds = ["message-loss", "message-duplicate", "message-reorder", "slow-link", "link-clog"];
        const faults = Object.fromEntries(kinds.map((kind) => [kind, 100_000]));
        const ofLink = async (others: boolean): Promise<unknown> => {
          const lab = await runSends(sends, { seed, networkProfile, faults }, (inner, i) => {
            if (others) inner.env("c").network.send(sends[i]!.from, NUMBER, i);
          });
          return lab.arrivals("b").filter(({ from }) => from === "a");
        };
        expect(await ofLink(true)).toEqual(await ofLink(false));
      },
    ),
    { seed: 8, numRuns: 60 },
  );
});
