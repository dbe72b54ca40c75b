/** The directories of a journal: one for each time that damage made it begin anew. FORMAT.md has the picture. */

import { isDiskError, type Env } from "../../env/index.js";

/** From 1 on. */
export type Generation = number;

const PARTS = ["log", "snapshots"] as const;

export function generationPath(directory: string, generation: Generation): string {
  return `${directory}-${generation}`;
}

export function partPath(directory: string, generation: Generation, part: (typeof PARTS)[number]): string {
  return `${generationPath(directory, generation)}/${part}`;
}

/** The generations that have a directory, in order. Throws what `Disk.list` throws. */
export async function listGenerations(env: Env, directory: string): Promise<Generation[]> {
  const parent = parentOf(directory);
  const prefix = `${directory.slice(parent === "" ? 0 : parent.length + 1)}-`;
  const generations: Generation[] = [];
  for (const name of await env.disk.list(parent)) {
    const generation = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN;
    const isOurs = Number.isSafeInteger(generation) && generation >= 1 && `${prefix}${generation}` === name;
    if (isOurs) generations.push(generation);
  }
  return generations.toSorted((a, b) => a - b);
}

/**
 * Makes the generation's directory, where it is missing, and its name durable in any case: the process may have
 * died between the two. What is acknowledged in it must not give way to an older generation.
 */
export async function makeGeneration(env: Env, directory: string, generation: Generation): Promise<void> {
  try {
    await env.disk.mkdir(generationPath(directory, generation));
  } catch (error) {
    if (!isDiskError(error, "EEXIST")) throw error;
  }
  await env.disk.syncDir(parentOf(directory));
}

/**
 * Removes the files of the generations below `generation`; the empty directories stay. They are never looked at
 * again, so what can't be removed now does no harm, and goes when the journal is opened again.
 */
export async function removeOlderGenerations(
  env: Env,
  directory: string,
  generation: Generation,
): Promise<void> {
  try {
    for (const older of await listGenerations(env, directory)) {
      if (older >= generation) continue;
      for (const part of PARTS) await removeFiles(env, partPath(directory, older, part));
    }
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}

async function removeFiles(env: Env, path: string): Promise<void> {
  let names: string[];
  try {
    names = await env.disk.list(path);
  } catch (error) {
    // A crash may have come before it was made.
    if (isDiskError(error, "ENOENT")) return;
    throw error;
  }
  for (const name of names) await env.disk.remove(`${path}/${name}`);
  if (names.length > 0) await env.disk.syncDir(path);
}

export function parentOf(directory: string): string {
  return directory.slice(0, Math.max(0, directory.lastIndexOf("/")));
}
