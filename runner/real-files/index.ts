/**
 * The log on real files, killed.
 *
 * What lives here: a process that appends and notes in a side file what it does and what it is answered; the
 * rounds that kill it with SIGKILL and start it again on the same files; the images of a power loss on what
 * recorded processes did to their disks; the tool that runs both.
 *
 * What it promises: an acknowledgement that is counted was given, since it was noted by the process that had it
 * before the kill; what each process found is held against everything before it by the oracle of the simulated
 * runs. What it does not: the moments of the kills depend on the machine, so a run is not repeatable; and a
 * kill proves process-crash safety only, see `main.ts`.
 */
export { killRounds, type KillOptions, type KillReport } from "./kill-rounds.js";
export { recordedImages, type ImagesOptions, type ImagesReport } from "./recorded-images.js";
export type { RealFilesFinding } from "./life-series.js";
export type { LogUnderTest, OpenLog } from "./protocol.js";
