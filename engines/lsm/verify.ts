import { isDiskError } from "../env/index.js";
import { StoreDamagedError, StoreError, type StoreProblem, type StoreReport } from "../store/index.js";
import type { Core } from "./core.js";
import { iterateCore } from "./iterate.js";
import { CURRENT_TEMPORARY_NAME, classify, manifestName, tableName } from "./names.js";
import { breachOf } from "./version/levels.js";
import { readManifest } from "./version/manifest-reader.js";
import { isSameTable, metaOf } from "./version/meta.js";
import type { TableFile, Version } from "./version/version.js";

/**
 * Checks the present version: that its levels keep their rules, that CURRENT and the manifest say the same as memory,
 * every file of it block by block, that an iterator gives all entries in their order, and, where no flush or compaction
 * is under way (`isBusy`), that no other file is there. Changes nothing.
 */
export async function verifyCore(core: Core, isBusy: () => boolean): Promise<StoreReport> {
  const { context, versions } = core;
  const version = versions.current;
  version.hold();
  try {
    const problems: StoreProblem[] = [];
    const breach = breachOf(version.levels, versions);
    if (breach !== undefined) problems.push({ ...breach, where: context.settings.directory });
    await checkManifest(core, problems);
    await checkNames(core, isBusy, problems);
    for (const file of version.levels.flat()) await checkTable(file, problems);
    const entries = await countEntries(core, problems);
    return { problems, entries, checked: version.files };
  } finally {
    version.release();
  }
}

/** Reads CURRENT and the manifest again. Where the version changes meanwhile, it looks again. */
async function checkManifest({ context, versions }: Core, problems: StoreProblem[]): Promise<void> {
  const { env, settings } = context;
  const where = `${settings.directory}/${manifestName(versions.manifest.header.number)}`;
  for (;;) {
    const { changes } = versions;
    const found = await attempt(() => readManifest(env, settings.directory));
    if (versions.isChanging || versions.changes !== changes) {
      await env.clock.sleep(0);
      continue;
    }
    if ("problem" in found) problems.push(found.problem);
    else if (found.value.current.number !== versions.manifest.header.number) {
      const message = `CURRENT names manifest ${found.value.current.number}`;
      problems.push({ rule: "manifest-differs", where, message });
    } else if (!isSameVersion(found.value.recorded.levels, versions.current)) {
      problems.push({ rule: "manifest-differs", where, message: "its tables are not those in use" });
    } else if (found.value.recorded.logStart !== versions.logStart) {
      const message = `its log begins at ${found.value.recorded.logStart}, not ${versions.logStart}`;
      problems.push({ rule: "manifest-differs", where, message });
    }
    return;
  }
}

function isSameVersion(
  recorded: Version["levels"] | readonly (readonly Pick<TableFile, "meta">[])[],
  { levels }: Version,
): boolean {
  return levels.every((files, level) => {
    const others = recorded[level] ?? [];
    return (
      files.length === others.length && files.every((file, at) => isSameTable(file.meta, others[at]!.meta))
    );
  });
}

/** Every file is known, or about to go. */
async function checkNames(
  { context, versions }: Core,
  isBusy: () => boolean,
  problems: StoreProblem[],
): Promise<void> {
  const { env, settings, reaper } = context;
  const { changes } = versions;
  if (isBusy()) return;
  const leaving = new Set(reaper.remains);
  const listing = classify(await env.disk.list(settings.directory));
  const { current, manifest } = versions;
  if (isBusy() || versions.changes !== changes) return;
  const tables = new Set(current.levels.flat().map(({ meta }) => meta.number));
  const names = [
    ...listing.tables.filter((number) => !tables.has(number)).map(tableName),
    ...listing.manifests.filter((number) => number !== manifest.header.number).map(manifestName),
    ...(listing.hasTemporary ? [CURRENT_TEMPORARY_NAME] : []),
  ];
  for (const name of names) {
    if (leaving.has(name)) continue;
    const where = `${settings.directory}/${name}`;
    problems.push({ rule: "orphan-file", where, message: "nothing knows this file" });
  }
  for (const number of tables) {
    if (listing.tables.includes(number)) continue;
    const where = `${settings.directory}/${tableName(number)}`;
    problems.push({ rule: "missing-file", where, message: "the version has a table that is not there" });
  }
}

async function checkTable({ meta, table }: TableFile, problems: StoreProblem[]): Promise<void> {
  if (!isSameTable(meta, metaOf(meta.number, table.properties))) {
    const message = "the manifest says something else of the table than its properties";
    problems.push({ rule: "table-differs", where: table.path, message });
  }
  const found = await attempt(() => table.verify());
  problems.push(...("problem" in found ? [found.problem] : found.value));
}

async function countEntries(core: Core, problems: StoreProblem[]): Promise<number> {
  const bounds = { lower: undefined, upper: undefined, isReverse: false };
  const iterator = iterateCore(core, bounds, core.memtables.lastSequence);
  let entries = 0;
  try {
    while (await iterator.next()) entries++;
  } catch (error) {
    problems.push(problemOf(error));
  } finally {
    iterator.close();
  }
  return entries;
}

async function attempt<T>(
  read: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly problem: StoreProblem }> {
  try {
    return { value: await read() };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** Throws what is no error of the files. */
function problemOf(error: unknown): StoreProblem {
  if (error instanceof StoreDamagedError) {
    const where = `${error.path} offset ${error.offset}`;
    return {
      rule: "damaged",
      where,
      message: `expected ${error.parts.expected}, found ${error.parts.found}`,
    };
  }
  if (error instanceof StoreError && error.code === "STORE_IO_FAILED") {
    return { rule: "unreadable", where: error.parts.where, message: error.code };
  }
  if (!isDiskError(error)) throw error;
  return { rule: "unreadable", where: error.parts.where, message: error.code };
}
