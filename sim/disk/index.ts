/**
 * The simulated disk of a machine.
 *
 * What lives here: the disk as a state machine (`SimDisk`: pages with their unsynced versions, names, the
 * metadata log, power loss and every disk fault of the design) and its binding to a process (`EnvDisk`: time,
 * crashes, traces).
 *
 * What it promises: after a power loss the platter is an image that the model allows, each allowed image can
 * turn up, and nothing that no unsynced write touched changes, but by a fault that is enabled and in the ledger.
 * Everything follows from the seed. What it does not: permissions, links, attributes, directories that are
 * renamed or removed, errors of `syncDir`, or bandwidth shared between operations.
 */
export { EnvDisk } from "./env-disk.js";
export {
  ADVERSARIAL_PROFILE,
  HONEST_PROFILE,
  type Cost,
  type DiskProfile,
  type MetadataProfile,
} from "./profile.js";
export { SimDisk, type SimDiskOptions } from "./sim-disk.js";
export type { DiskImage, ImageFile } from "./image.js";
export type { ImageSet } from "./images.js";
export type { ByteRange, DiskInspection, FileBytes, FileInspection, Fingerprint } from "./inspect.js";
export type { Inode } from "./inode.js";
export type { SyncTicket } from "./sync.js";
