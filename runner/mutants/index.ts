/**
 * Mutants: documented mistakes, planted into copies of the built engines, to prove that the checks can fail.
 *
 * What lives here: the copies (`Workshop`), the text edits, the child processes that run seeds in a copy, the
 * search for catching seeds and their replay, mechanical mutants drawn from the syntax tree, the tables. The
 * catalogue itself is data, in test/mutants/.
 *
 * What it promises: an edit whose text is not there exactly once is an error that names the mutant; a mutant
 * counts as caught only where a check that it names has fired, and where the unmutated code passes that same
 * seed. A planted mistake can loop, exhaust memory or kill its process, and nothing but that process goes.
 * What it does not: judge whether a mutant is a faithful image of the mistake. Its author has to.
 */
export { loadCatalogue, type Catalogue } from "./catalogue.js";
export type { Catcher, HistoricBug, Mutant, NotApplicable } from "./mutant.js";
export { MutantError } from "./errors.js";
export { Workshop } from "./workshop.js";
export { runTrial, type Trial, type TrialEnd } from "./trial.js";
export { searchMutant, type Hunt } from "./search.js";
