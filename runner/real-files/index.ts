/**
 * Engines on real files, killed.
 *
 * What lives here: the rounds that kill a process with SIGKILL and start it again on the same files; the images of a
 * power loss on what recorded processes did to their disks; and the tool that runs both. `log/` and `store/` are what
 * is killed: a process that writes, and notes in a side file what it does and what it is answered. `large.ts` loads
 * millions of keys into a store and reads them all back.
 *
 * What it promises: an acknowledgement that is counted was given, since it was noted by the process that had it
 * before the kill; what each process found is held against everything before it by the oracle of the simulated
 * runs. What it does not: the moments of the kills depend on the machine, so a run is not repeatable; and a
 * kill proves process-crash safety only, see `main.ts`.
 */
export { killRounds, type KillOptions, type KillReport } from "./kill-rounds.js";
export { logSeries } from "./log/series.js";
export { recordedImages, type ImagesOptions, type ImagesReport } from "./recorded-images.js";
export type { MakeSeries, RealFilesFinding, SeriesOptions } from "./series.js";
export { storeSeries } from "./store/series.js";
export type { LogUnderTest, OpenLog } from "./log/protocol.js";
