/** Mechanical mutants: small edits of the built engines, drawn by seed from all that the operators could make. */
import { finalize, fold, hashText } from "#sim/hash.js";
import type { Edit } from "./edit.js";
import { candidatesAt, isOffLimits, OPERATORS, type Candidate, type Operator } from "./operators.js";
import { placeOf, walk, type Syntax } from "./syntax.js";

export interface Mutation {
  /** `wal/log.js Log.makeRoom off-by-one 2`: stands as long as that function's own text does. */
  readonly id: string;
  readonly operator: Operator;
  readonly edit: Edit;
  /** The text that goes, and what comes instead. */
  readonly before: string;
  readonly after: string;
}

/** A built file: its path below dist/ and its text. */
export interface BuiltFile {
  readonly file: string;
  readonly text: string;
}

/** Files without behaviour of their own, or whose behaviour only reports. */
const KEPT_OUT = /(^|\/)(index|errors|events|verify)\.js$/;

/** The files that are mutated, of those given. */
export function isMutated(file: string): boolean {
  return file.endsWith(".js") && !KEPT_OUT.test(file);
}

/**
 * Draws `count` mutations, as evenly over the operators as they come. Which ones a seed draws is a matter of
 * their ids: a change of one function leaves those of the others as they were, as far as the count allows.
 */
export function drawMutations(
  files: readonly BuiltFile[],
  parse: (text: string) => Syntax,
  seed: number,
  count: number,
): Mutation[] {
  const ranked = files.flatMap((file) => mutationsOf(file, parse(file.text)));
  const rank = new Map(ranked.map((mutation) => [mutation, finalize(fold(seed | 0, hashText(mutation.id)))]));
  ranked.sort((a, b) => rank.get(a)! - rank.get(b)! || (a.id < b.id ? -1 : 1));
  const byOperator = OPERATORS.map((operator) => ranked.filter((mutation) => mutation.operator === operator));
  const drawn: Mutation[] = [];
  for (let round = 0; drawn.length < Math.min(count, ranked.length); round++) {
    for (const group of byOperator)
      if (group.length > round && drawn.length < count) drawn.push(group[round]!);
  }
  return drawn.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Every mutation of a file that the operators can make, in the order of the text. */
export function mutationsOf({ file, text }: BuiltFile, tree: Syntax): Mutation[] {
  const mutations: Mutation[] = [];
  const counts = new Map<string, number>();
  walk(tree, (node, ancestors) => {
    if (isOffLimits(node)) return false;
    for (const candidate of candidatesAt(node, text)) {
      const stem = `${file.replace(/^engines\//, "")} ${placeOf([...ancestors, node])} ${candidate.operator}`;
      const nth = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, nth);
      const mutation = mutationOf(`${stem} ${nth}`, file, text, candidate);
      // `return undefined` stays as it is, but counts: the ids of the others stay, too.
      if (mutation.after !== mutation.before) mutations.push(mutation);
    }
    return true;
  });
  return mutations;
}

function mutationOf(id: string, file: string, text: string, candidate: Candidate): Mutation {
  const { operator, start, end, replacement } = candidate;
  return {
    id,
    operator,
    edit: { file, start, end, replacement },
    before: text.slice(start, end),
    after: replacement,
  };
}
