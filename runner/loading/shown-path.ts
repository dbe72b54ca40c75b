import { isAbsolute, relative } from "node:path";

/** A path as people like to read and type it: from the current directory on, where it lies below. */
export function shownPath(path: string): string {
  const near = relative("", path);
  return near.startsWith("..") || isAbsolute(near) ? path : near;
}
