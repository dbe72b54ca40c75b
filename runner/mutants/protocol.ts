/** What a trial and its child process say to each other. Crosses as JSON. */

/** What the parent asks for, once. */
export interface TrialOrder {
  /** Root of the copy whose code is to run. */
  readonly root: string;
  readonly scenario: string;
  readonly parameters: readonly (readonly [string, number | string])[];
  readonly faults: readonly (readonly [string, boolean])[];
  readonly seeds: readonly number[];
  /** The child stops at the first finding that this fits. Without it, at the first finding of any kind. */
  readonly wanted?: { readonly invariants: readonly string[]; readonly message?: string };
}

/** A finding in the terms of a trial. */
export interface Caught {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
}

export type TrialReport =
  /** The scenario is loaded and its first seed begins. */
  | { readonly kind: "loaded" }
  | { readonly kind: "not-loaded"; readonly reason: string }
  | { readonly kind: "seed"; readonly seed: number; readonly cpuUs: number }
  /** A finding that was not wanted. */
  | ({ readonly kind: "other" } & Caught)
  | ({ readonly kind: "caught"; readonly cpuUs: number } & Caught)
  | { readonly kind: "exhausted"; readonly cpuUs: number };
