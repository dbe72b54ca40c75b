/**
 * Crashes, power losses and pauses by the call at which they strike. Drawn ones come at one of several chances of
 * a process, each so many calls after the one before; with fewer operations the same chance is another moment. So
 * the first chance of a process is moved to the call, and the call to another one.
 */
import type { Repro, ReproFault } from "../repro/index.js";
import type { Stream } from "#sim/streams.js";
import { withFaults, withOverride } from "./candidates.js";

/** See `Incarnation` in sim/process.ts. */
const CALL_SITE = "process/strike-call";
const DURING_SITE = "process/strike-during";
const STRIKE = /^(crash|power-loss|pause)@(.+):(\d+)\.(\d+)\.0$/;

interface Strike {
  readonly at: number;
  readonly fault: ReproFault;
  /** The number of the node. */
  readonly node: number;
  readonly incarnation: number;
  readonly opportunity: number;
  /** Of the process, at which it struck. */
  readonly call: number;
}

function strikesOf({ faults }: Repro, nodes: readonly string[]): Strike[] {
  return faults.flatMap((fault, at) => {
    const match = STRIKE.exec(fault.id);
    const call = /^call (\d+)$/.exec(fault.target);
    if (match === null || call === null) return [];
    const node = nodes.indexOf(match[2]!);
    return [
      {
        at,
        fault,
        node,
        incarnation: Number(match[3]),
        opportunity: Number(match[4]),
        call: Number(call[1]),
      },
    ];
  });
}

/** With each strike at the first chance of its process, at the call at which it struck or just before. */
export function* atFirstChance(repro: Repro, nodes: readonly string[]): Iterable<Repro> {
  for (const strike of strikesOf(repro, nodes)) {
    if (strike.opportunity === 0) continue;
    for (const during of [0, undefined] as const) {
      for (const call of [strike.call, strike.call - 1]) yield moved(repro, strike, call, during);
    }
  }
}

/** With each strike that is at the first chance of its process at an earlier call. */
export function* earlier(repro: Repro, nodes: readonly string[]): Iterable<Repro> {
  for (const strike of strikesOf(repro, nodes)) {
    if (strike.opportunity > 0) continue;
    for (let call = 1; call < strike.call; call = nextCall(call)) yield moved(repro, strike, call, 0);
  }
}

/** With each strike at each call of its process up to where it struck, in both ways. */
export function* anywhere(repro: Repro, nodes: readonly string[]): Iterable<Repro> {
  for (const strike of strikesOf(repro, nodes)) {
    for (let call = 1; call <= strike.call; call = nextCall(call)) {
      for (const during of [0, 1] as const) yield moved(repro, strike, call, during);
    }
  }
}

/** Overrides that bring the first chances of those processes that are struck within so many of their calls. */
export function strikesSoon(
  repro: Repro,
  nodes: readonly string[],
  calls: number,
  stream: Stream,
): Record<string, number> {
  const processes = strikesOf(repro, nodes).map(({ node, incarnation }) => `${node}.${incarnation}`);
  return Object.fromEntries(
    [...new Set(processes)].map((each) => [`${CALL_SITE}:${each}.0.0`, stream.below(calls)]),
  );
}

/** Near ones one by one, far ones in growing steps. */
function nextCall(call: number): number {
  return call + 1 + (call >> 5);
}

/** All strikes at the first chances of their processes, each so many thousandths of the way to its call. */
export function scaled(repro: Repro, nodes: readonly string[], permille: number): Repro {
  let result = repro;
  for (const strike of strikesOf(repro, nodes)) {
    if (strike.opportunity > 0) continue;
    result = moved(result, strike, Math.max(1, Math.trunc((strike.call * permille) / 1_000)), undefined);
  }
  return result;
}

/** `during` 0: at the call itself. 1: while the operation that it begins is under way. Undefined: as it is. */
function moved(repro: Repro, strike: Strike, call: number, during: 0 | 1 | undefined): Repro {
  const { at, fault, node, incarnation } = strike;
  const id = `${fault.kind}@${fault.node}:${incarnation}.0.0`;
  const faults = repro.faults.with(at, { ...fault, id, target: `call ${call}` });
  const identity = `${node}.${incarnation}.0`;
  const result = withOverride(withFaults(repro, faults), `${CALL_SITE}:${identity}.0`, Math.max(0, call - 1));
  return during === undefined ? result : withOverride(result, `${DURING_SITE}:${identity}.0`, during);
}
