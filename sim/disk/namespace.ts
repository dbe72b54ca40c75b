/** Directories and names: as the process sees them, and as they are durable. */
import { DiskError, type OpenMode } from "#engines/env/index.js";
import { hashText } from "../hash.js";
import type { DiskCore } from "./core.js";
import { Inode } from "./inode.js";
import { OperationCount } from "./operation-count.js";
import { admitName } from "./space.js";

export type Node = Inode | Directory;

export class Directory {
  /** Stable over runs: of the path and the number of the creation at it. */
  readonly id: number;
  readonly path: string;
  /** As the process sees it. */
  entries: Map<string, Node> = new Map();
  /** What the platter has, changed by the metadata log alone. */
  readonly durable: Map<string, Node> = new Map();
  readonly creations: OperationCount = new OperationCount();
  readonly syncs: OperationCount = new OperationCount();

  constructor(id: number, path: string) {
    this.id = id;
    this.path = path;
  }
}

/** A name that may exist or not, in a directory that does. */
interface Place {
  readonly directory: Directory;
  readonly name: string;
  readonly node: Node | undefined;
}

/** See `Disk.open`. */
export function openFile(core: DiskCore, path: string, mode: OpenMode): Inode {
  const where = `open ${path} (${mode})`;
  const { directory, name, node } = find(core, path, where);
  if (node !== undefined) {
    if (mode === "exclusive") throw new DiskError("EEXIST", where);
    if (node instanceof Directory) throw new DiskError("EISDIR", where);
    return node;
  }
  if (mode === "existing") throw new DiskError("ENOENT", where);
  admitName(core, directory.id, directory.creations.next(core.incarnation), () => where);
  const inode = new Inode(core.identify(path), path);
  link(core, directory, name, inode);
  return inode;
}

/** See `Disk.mkdir`. */
export function makeDirectory(core: DiskCore, path: string): void {
  const where = `mkdir ${path}`;
  const { directory, name, node } = find(core, path, where);
  if (node !== undefined) throw new DiskError("EEXIST", where);
  admitName(core, directory.id, directory.creations.next(core.incarnation), () => where);
  link(core, directory, name, new Directory(core.identify(path), path));
}

/** See `Disk.rename`. */
export function renameFile(core: DiskCore, from: string, to: string): void {
  const where = `rename ${from} to ${to}`;
  checkPath(to, where);
  const source = find(core, from, where);
  const { directory, name, node } = source;
  if (node === undefined) throw new DiskError("ENOENT", where);
  if (node instanceof Directory) throw new DiskError("EISDIR", where);
  const target = find(core, to, where);
  if (target.node instanceof Directory) throw new DiskError("EISDIR", where);
  if (target.node === node) return;
  directory.entries.delete(name);
  target.directory.entries.set(target.name, node);
  core.log.pending.push({
    kind: "rename",
    order: ++core.order,
    parked: undefined,
    directory,
    name,
    toDirectory: target.directory,
    toName: target.name,
    node,
  });
}

/** See `Disk.remove`. */
export function removeFile(core: DiskCore, path: string): void {
  const where = `remove ${path}`;
  const { directory, name, node } = find(core, path, where);
  if (node === undefined) throw new DiskError("ENOENT", where);
  if (node instanceof Directory) throw new DiskError("EISDIR", where);
  directory.entries.delete(name);
  core.log.pending.push({ kind: "unlink", order: ++core.order, parked: undefined, directory, name, node });
}

/** See `Disk.list`. */
export function listDirectory(core: DiskCore, path: string): string[] {
  return [...findDirectory(core, path, `list ${path}`).entries.keys()].sort();
}

export function findDirectory(core: DiskCore, path: string, where: string): Directory {
  const { node } = find(core, path, where);
  if (node === undefined) throw new DiskError("ENOENT", where);
  if (!(node instanceof Directory)) throw new DiskError("ENOTDIR", where);
  return node;
}

/** Every file below `directory` with its path, in order of the names. */
export function* walk(
  directory: Directory,
  entriesOf: (directory: Directory) => ReadonlyMap<string, Node>,
  prefix = "",
): Generator<[string, Node]> {
  const entries = [...entriesOf(directory)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, node] of entries) {
    yield [prefix + name, node];
    if (node instanceof Directory) yield* walk(node, entriesOf, `${prefix}${name}/`);
  }
}

/** The names are those that are durable. */
export function forgetPendingNames(directory: Directory): void {
  directory.entries = new Map(directory.durable);
  for (const node of directory.durable.values()) if (node instanceof Directory) forgetPendingNames(node);
}

/** The identity of a name in a directory. */
export function nameIdentity(directory: Directory, name: string): number {
  return (directory.id ^ hashText(name)) >>> 0;
}

function link(core: DiskCore, directory: Directory, name: string, node: Node): void {
  directory.entries.set(name, node);
  core.log.pending.push({ kind: "link", order: ++core.order, parked: undefined, directory, name, node });
}

/** Follows the path; all but its last part must exist. The root has the name "" in itself. */
function find(core: DiskCore, path: string, where: string): Place {
  const parts = checkPath(path, where);
  let directory = core.root;
  if (parts.length === 0) return { directory, name: "", node: directory };
  for (const part of parts.slice(0, -1)) {
    const next = directory.entries.get(part);
    if (next === undefined) throw new DiskError("ENOENT", where);
    if (!(next instanceof Directory)) throw new DiskError("ENOTDIR", where);
    directory = next;
  }
  const name = parts[parts.length - 1]!;
  return { directory, name, node: directory.entries.get(name) };
}

/** The parts of a path. EINVAL unless it is relative and normal. */
function checkPath(path: string, where: string): string[] {
  if (path === "") return [];
  const parts = path.split("/");
  if (path.includes("\0") || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new DiskError("EINVAL", where);
  }
  return parts;
}
