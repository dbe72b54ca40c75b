import type { Observation } from "../env/index.js";

/** What a store tells `env.observe`. */
export type SnapshotEvent = Observation & { readonly directory: string } & (
    | { readonly kind: "snapshot/opened"; readonly lsn: number | undefined; readonly sweptFiles: number }
    /** It is durable, and it is the latest. */
    | { readonly kind: "snapshot/saved"; readonly lsn: number; readonly payloadBytes: number }
    | { readonly kind: "snapshot/removed"; readonly path: string }
    | { readonly kind: "snapshot/damage"; readonly path: string; readonly offset: number }
  );

/** The rare paths of the store, for `mustReach`. */
export const SNAPSHOT_MARKS = [
  "snapshot/damage-refused",
  "snapshot/enospc",
  "snapshot/recovery-removed-older",
  "snapshot/recovery-swept-tmp",
  "snapshot/removal-failed",
  "snapshot/replaced-older",
  "snapshot/save-failed",
  "snapshot/short-write-continued",
] as const;

export type SnapshotMark = (typeof SNAPSHOT_MARKS)[number];
