/** What is done to the cluster on purpose: the acts of its operators, and blows where it hurts. Drawn before the run. */
import type { Stream } from "#sim/streams.js";
import { shuffle } from "../raft/draw.js";
import type { TopicPlan } from "./plan.js";
import type { NemesisCounts } from "./setting.js";

export type NemesisAct =
  | { readonly kind: "shutdown"; readonly broker: string }
  /** Cuts whoever leads the partition off, not from its clients: the hardest place to be wrong in. */
  | {
      readonly kind: "cut-leader";
      readonly partition: number;
      readonly from: "brokers" | "controllers" | "both";
      readonly lengthUs: number;
    }
  | { readonly kind: "kill-leader"; readonly partition: number }
  | { readonly kind: "reassign"; readonly partition: number; readonly replicas: readonly string[] }
  | { readonly kind: "cancel-reassignment"; readonly partition: number }
  | { readonly kind: "elect-preferred"; readonly partition: number }
  | { readonly kind: "kill-controller" }
  /**
   * A follower is cut off until it has left the ISR, then the leader dies as it comes back: what the two disagree on
   * has to be settled by epochs.
   */
  | {
      readonly kind: "ambush";
      readonly partition: number;
      readonly lagUs: number;
      readonly lengthUs: number;
    }
  /**
   * A follower loses the end of its log, and is back in a new life, while others go by what it said in the one before:
   * see `Relapse`.
   */
  | { readonly kind: "relapse"; readonly partition: number; readonly moment: RelapseMoment };

/**
 * `joining`: its leader has asked to have it in the ISR, and the controllers have not heard of that.
 * `needed`: nobody but its leader and itself is in sync, and the leader goes, too.
 */
export type RelapseMoment = "joining" | "needed";

export interface NemesisAction {
  readonly atUs: number;
  readonly act: NemesisAct;
}

export interface NemesisOptions {
  readonly counts: NemesisCounts;
  readonly brokers: readonly string[];
  readonly topic: TopicPlan;
  readonly stormUs: number;
}

const CUT_MIN_US = 300_000;
const CUT_MAX_US = 2_000_000;
const LAG_MIN_US = 200_000;
const LAG_MAX_US = 1_200_000;

/** Draws the acts, in the order of their times. */
export function drawNemesis(stream: Stream, options: NemesisOptions): NemesisAction[] {
  const { counts, brokers, topic, stormUs } = options;
  const actions: NemesisAction[] = [];
  const plan = (count: number, draw: (partition: number) => NemesisAct): void => {
    for (let i = stream.below(count + 1); i > 0; i--) {
      actions.push({ atUs: stream.below(stormUs), act: draw(stream.below(topic.partitions)) });
    }
  };
  plan(counts.shutdowns, () => ({ kind: "shutdown", broker: stream.pick(brokers) }));
  plan(counts.cuts, (partition) => ({
    kind: "cut-leader",
    partition,
    from: stream.pick(["brokers", "controllers", "both"] as const),
    lengthUs: stream.between(CUT_MIN_US, CUT_MAX_US),
  }));
  plan(counts.kills, (partition) => ({ kind: "kill-leader", partition }));
  plan(counts.reassignments, (partition) => drawReassignment(stream, options, partition));
  plan(counts.preferredElections, (partition) => ({ kind: "elect-preferred", partition }));
  plan(counts.controllerKills, () => ({ kind: "kill-controller" }));
  plan(counts.ambushes, (partition) => ({
    kind: "ambush",
    partition,
    lagUs: stream.between(LAG_MIN_US, LAG_MAX_US),
    lengthUs: stream.between(CUT_MIN_US, CUT_MAX_US),
  }));
  plan(counts.relapses, (partition) => ({
    kind: "relapse",
    partition,
    moment: stream.pick(["joining", "needed"] as const),
  }));
  return actions.toSorted((a, b) => a.atUs - b.atUs);
}

function drawReassignment(stream: Stream, { brokers, topic }: NemesisOptions, partition: number): NemesisAct {
  if (stream.below(4) === 0) return { kind: "cancel-reassignment", partition };
  return {
    kind: "reassign",
    partition,
    replicas: shuffle(brokers, stream).slice(0, topic.replicationFactor),
  };
}
