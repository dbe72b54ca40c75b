// Where an epoch begins behind a gap that compaction left (found by the scenario broker, seed 492).
import { expect, test } from "vitest";
import { stampBatch } from "#engines/broker/record/index.js";
import { PLACES } from "../../store/places.js";
import { COMPACTED, batch, open } from "./support.js";

function fetched(baseOffset: number, epoch: number): Uint8Array {
  const bytes = batch(baseOffset);
  stampBatch(bytes, 0, baseOffset, epoch);
  return bytes;
}

test.each(PLACES)(
  "a follower takes an epoch to begin before the gap, also after it has lost its notes %s",
  (_, place) =>
    place(async (env) => {
      const log = await open(env, COMPACTED);
      for (let offset = 0; offset < 3; offset++) log.appendAsFollower(fetched(offset, 0));
      // The leader's 3..5 were compacted away: 3 was of epoch 2 already, for all that anybody knows.
      log.appendAsFollower(fetched(6, 2));
      expect(log.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 3 });
      await log.close();
      await env.disk.remove("log/leader-epoch-checkpoint");
      const again = await open(env, COMPACTED);
      expect(again.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 3 });
      await again.close();
    }),
);
