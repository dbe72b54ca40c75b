/** Something that does not hold in a store's files, or in what it knows of them. */
export interface StoreProblem {
  /** A stable name of the rule, such as `level-overlap`, `orphan-file` or `page-leaked`. */
  readonly rule: string;
  /** The file, with the block or page where there is one. */
  readonly where: string;
  readonly message: string;
}

/** What `verify` found. No problems: every promise about the structure holds, and every entry can be read. */
export interface StoreReport {
  readonly problems: readonly StoreProblem[];
  /** Live entries, as an iterator would give them. */
  readonly entries: number;
  /** Files, or pages, that were looked at. */
  readonly checked: number;
}
