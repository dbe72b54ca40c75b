/** What is done to the cluster on purpose: the acts of its operators. Drawn before the run. */
import type { Stream } from "#sim/streams.js";
import { shuffle } from "./draw.js";
import type { NemesisCounts } from "./plan.js";

export type NemesisAct =
  | { readonly kind: "transfer"; readonly to: string }
  | { readonly kind: "change"; readonly voters: readonly string[]; readonly learners: readonly string[] }
  | { readonly kind: "snapshot"; readonly server: string }
  /** Cuts whoever leads off from the other servers, not from its clients: the hardest place to be wrong in. */
  | { readonly kind: "cut-leader"; readonly lengthUs: number }
  /** See `Nemesis`: a server loses its power when what it holds matters most; `victim` picks among those that may. */
  | { readonly kind: "ambush"; readonly victim: number; readonly lagUs: number; readonly lengthUs: number }
  /** Of the process, on purpose: what brings a newer version. */
  | { readonly kind: "restart"; readonly server: string };

export interface NemesisAction {
  readonly atUs: number;
  readonly act: NemesisAct;
}

export interface NemesisOptions {
  readonly counts: NemesisCounts;
  readonly servers: readonly string[];
  readonly stormUs: number;
}

/** A cluster that changes its members keeps so many voters, so that it can lose one. */
export const MIN_VOTERS = 3;

const CUT_MIN_US = 300_000;
const CUT_MAX_US = 2_000_000;
/** How long a bare quorum goes on: long enough for some operations. */
const LAG_MIN_US = 200_000;
const LAG_MAX_US = 800_000;
/** And how long the others have for an election. */
const AMBUSH_MIN_US = 1_200_000;
/** A transfer takes about so long. */
const TRANSFER_US = 50_000;

/** Draws the acts, in the order of their times. */
export function drawNemesis(stream: Stream, options: NemesisOptions): NemesisAction[] {
  const { counts, servers, stormUs } = options;
  const actions: NemesisAction[] = [];
  const plan = (count: number, draw: () => NemesisAct): void => {
    for (let i = stream.below(count + 1); i > 0; i--)
      actions.push({ atUs: stream.below(stormUs), act: draw() });
  };
  plan(counts.transfers, () => ({ kind: "transfer", to: stream.pick(servers) }));
  if (servers.length > MIN_VOTERS) plan(counts.changes, () => drawChange(stream, options));
  for (let i = stream.below(counts.cuts + 1); i > 0; i--) actions.push(...drawCut(stream, servers, stormUs));
  plan(counts.ambushes, () => ({
    kind: "ambush",
    victim: stream.uint32(),
    lagUs: stream.between(LAG_MIN_US, LAG_MAX_US),
    lengthUs: stream.between(AMBUSH_MIN_US, CUT_MAX_US),
  }));
  plan(counts.snapshots, () => ({ kind: "snapshot", server: stream.pick(servers) }));
  plan(counts.restarts, () => ({ kind: "restart", server: stream.pick(servers) }));
  return actions.toSorted((a, b) => a.atUs - b.atUs);
}

/** Half of the cuts follow on a transfer: else the server with the fastest clock would lead, as it mostly does. */
function drawCut(stream: Stream, servers: readonly string[], stormUs: number): NemesisAction[] {
  const atUs = stream.below(stormUs);
  const to = stream.pick(servers);
  const lengthUs = stream.between(CUT_MIN_US, CUT_MAX_US);
  const cut: NemesisAction = { atUs: atUs + TRANSFER_US, act: { kind: "cut-leader", lengthUs } };
  return stream.below(2) === 0 ? [cut] : [{ atUs, act: { kind: "transfer", to } }, cut];
}

/** Arbitrary sets, as joint consensus allows. */
function drawChange(stream: Stream, { servers }: NemesisOptions): NemesisAct {
  const shuffled = shuffle(servers, stream);
  const voters = stream.between(MIN_VOTERS, servers.length);
  const learners = stream.below(Math.min(2, servers.length - voters) + 1);
  return {
    kind: "change",
    voters: shuffled.slice(0, voters).toSorted(),
    learners: shuffled.slice(voters, voters + learners).toSorted(),
  };
}
