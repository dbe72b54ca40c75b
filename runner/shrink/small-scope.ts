/**
 * A few operations picked at random, under faults drawn anew: most bugs show in a small scope (Jackson, 2006), and
 * often sooner than by making a large run smaller, in which every operation left out moves all that follows.
 */
import { Stream } from "#sim/streams.js";
import type { Repro } from "../repro/index.js";
import { strikesSoon } from "./strikes.js";
import { withCounts } from "./numbers.js";
import { listOf, listsOf } from "./candidates.js";
import type { Candidate } from "./judge.js";

/** Numbers of operations to try. */
export const SCOPES: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12];
/** Other lists of the plan are short, and mostly needed: so many elements of each are kept. */
const MAX_OTHERS = 8;
/** In a short run a rare fault has few chances. */
const LEAST_PPM = 100_000;
const MORE_OFTEN = 8;
const PPM = 1_000_000;
/** Of a process, about. */
const CALLS_PER_OPERATION = 16;
const MAX_SEED = 1_000_000_000;

/** Candidates of no more operations than the repro has, of the fewest first; `tries` of each number. */
export function* smallScope(repro: Repro, nodes: readonly string[], tries: number): Iterable<Candidate> {
  const [longest, ...others] = listsOf(repro);
  if (longest === undefined) return;
  const stream = new Stream(`shrink/${repro.seed}`);
  const swarm = Object.fromEntries(
    repro.faults.map(({ kind }) => [kind, oftener(repro.swarm[kind] ?? 0)] as const),
  );
  const all = listOf(repro.plan, longest);
  for (const scope of SCOPES) {
    // As many again may do with fewer faults.
    if (scope > all.length || (scope === all.length && repro.faults.length < 2)) return;
    for (let i = 0; i < tries; i++) {
      const small = inSmall(repro.plan, scope, stream);
      const picked = [longest, ...others].map(
        (name) => [name, pick(listOf(small, name), name === longest ? scope : MAX_OTHERS, stream)] as const,
      );
      const plan = { ...small, ...Object.fromEntries(picked) };
      const seed = stream.below(MAX_SEED);
      const overrides = strikesSoon(repro, nodes, CALLS_PER_OPERATION * (scope + 1), stream);
      yield { ...repro, seed, swarm, plan, overrides, faults: [], drawsFaults: true };
    }
  }
}

const IS_MEASURED = /(Us|Bytes)$/;

/**
 * What happens after so many operations, or once so many bytes are full, has to happen within a few: counts are drawn
 * anew, and sizes as small as can be, in half of the tries.
 */
function inSmall(plan: Repro["plan"], scope: number, stream: Stream): Record<string, unknown> {
  const isSmall = stream.below(2) === 1;
  const count = (): number => stream.below(scope + 1);
  const smallPart = ([name, part]: [string, unknown]): [string, unknown] => {
    if (Array.isArray(part)) return [name, part.map((each) => withCounts(each, count))];
    if (!Number.isSafeInteger(part)) return [name, part];
    if (!IS_MEASURED.test(name)) return [name, count()];
    return [name, name.endsWith("Bytes") ? 0 : part];
  };
  return isSmall ? Object.fromEntries(Object.entries(plan).map(smallPart)) : { ...plan };
}

function oftener(ppm: number): number {
  return Math.min(PPM, Math.max(LEAST_PPM, ppm * MORE_OFTEN));
}

/** So many elements, or all, in their order. */
function pick<T>(list: readonly T[], count: number, stream: Stream): T[] {
  const places = list.map((_, i) => i);
  while (places.length > count) places.splice(stream.below(places.length), 1);
  return places.map((i) => list[i]!);
}
