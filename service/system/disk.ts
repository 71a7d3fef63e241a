import { createReadStream, createWriteStream } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Disk } from "../ports.js";
import { openAppendFile } from "./append-file.js";
import { diskFault } from "./disk-fault.js";
import { syncFolder } from "./sync-folder.js";

/** The machine's disk. Throws Fault destination-full or destination-error. */
export const systemDisk: Disk = {
  append: openAppendFile,

  async rename(from, to) {
    await guarded(from, async () => {
      await rename(from, to);
      await syncFolder(dirname(to));
      if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
    });
  },

  async gzip(from, to) {
    // Never a half file under the final name; a crash before the end leaves `from` in place, and a second try overwrites.
    const part = `${to}.part`;
    await guarded(to, async () => {
      try {
        await pipeline(createReadStream(from), createGzip(), createWriteStream(part, { mode: 0o640 }));
        await syncFile(part);
        await rename(part, to);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      await syncFolder(dirname(to));
      await rm(from);
      await syncFolder(dirname(from));
    });
  },

  async list(folder) {
    return await guarded(folder, async () => {
      try {
        return (await readdir(folder)).toSorted();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    });
  },
};

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
