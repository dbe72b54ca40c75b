import { DiskError } from "#engines/env/index.js";

/** The promise of a call that is refused at once. Anything but a `DiskError` is thrown on. */
export function refuse(error: unknown): Promise<never> {
  if (error instanceof DiskError) return Promise.reject(error);
  throw error;
}
