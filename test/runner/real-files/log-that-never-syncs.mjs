// The log itself, on a disk whose files say that they have synced and have not, once the log is open.
import { Wal } from "#engines/wal/index.js";

export async function openLog(env, options) {
  let isOpen = false;
  const disk = {
    open: async (path, mode) => unsynced(await env.disk.open(path, mode), () => isOpen),
    rename: (from, to) => env.disk.rename(from, to),
    remove: (path) => env.disk.remove(path),
    mkdir: (path) => env.disk.mkdir(path),
    list: (path) => env.disk.list(path),
    syncDir: (path) => env.disk.syncDir(path),
  };
  const wal = await Wal.open({ ...env, disk }, options);
  isOpen = true;
  return wal;
}

function unsynced(file, lies) {
  return {
    path: file.path,
    size: () => file.size(),
    write: (offset, bytes) => file.write(offset, bytes),
    truncate: (size) => file.truncate(size),
    read: (offset, length) => file.read(offset, length),
    sync: () => (lies() ? Promise.resolve() : file.sync()),
    close: () => file.close(),
  };
}
