/** What the modules of test/mutants/ hold. Plain data. */

/** A text to replace in one file of the built code. */
export interface TextEdit {
  /** Below dist/: `engines/wal/writer.js`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Where a mutant must be caught, and by which check. */
export interface Catcher {
  readonly scenario: string;
  /** Findings that count, by the name of their invariant. Any one of them will do. */
  readonly invariants: readonly string[];
  /** The finding's message must match this too. For `process/uncaught-error`, which says little by itself. */
  readonly message?: RegExp;
  /** Parameters of the scenario that differ from their defaults. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** Kinds of fault to switch on or off, whatever the swarm draws. */
  readonly faults?: Readonly<Record<string, boolean>>;
}

/** A mistake that somebody made, planted by the smallest edit that makes it again. */
export interface Mutant {
  /** Lower case, dashes. */
  readonly id: string;
  readonly title: string;
  /** The id of a row of the historic bugs (`S23`), or the document that describes the mistake. */
  readonly source: string;
  readonly engine: string;
  readonly edits: readonly TextEdit[];
  /** Each of them has to catch it. */
  readonly catchers: readonly Catcher[];
  /** Why this edit is that mistake, where it is not plain. */
  readonly note?: string;
}

/** A bug of another system: what went wrong, and where that is documented. */
export interface HistoricBug {
  readonly id: string;
  readonly title: string;
  readonly reference: string;
}

/** A historic bug whose precondition these engines don't have. */
export interface NotApplicable {
  readonly source: string;
  readonly reason: string;
}
