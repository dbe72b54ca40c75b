/** Counts over a run, for a scenario's figures: a weak storm is seen. */
export interface RaftStats {
  observations: number;
  boots: number;
  /** Servers that began a term of their own. */
  campaigns: number;
  /** Leaders that came to be. */
  elections: number;
  /** Entries that are committed. */
  commits: number;
  /** Entries that were removed from a log since they conflict. */
  truncated: number;
  snapshotsTaken: number;
  snapshotsInstalled: number;
  /** How often a server took up a configuration. */
  configurations: number;
  /** Of these, joint ones. */
  jointConfigurations: number;
  damages: number;
  repairs: number;
  /** Looks at what a server says of itself. */
  inspections: number;
  /** Looks at what a disk holds. */
  diskLooks: number;
}

export function emptyStats(): RaftStats {
  return {
    observations: 0,
    boots: 0,
    campaigns: 0,
    elections: 0,
    commits: 0,
    truncated: 0,
    snapshotsTaken: 0,
    snapshotsInstalled: 0,
    configurations: 0,
    jointConfigurations: 0,
    damages: 0,
    repairs: 0,
    inspections: 0,
    diskLooks: 0,
  };
}
