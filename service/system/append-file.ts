import { constants } from "node:fs";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault } from "../core/fault.js";
import type { DiskFile } from "../ports.js";
import { diskFault } from "./disk-fault.js";
import { syncFolder } from "./sync-folder.js";

const LINE_FEED = 0x0a;
const SEARCH_BYTES = 64 * 1024;

/**
 * Opens a file of lines for appending; makes it (0640) and its folder (0750) where missing, durably.
 *
 * A last line without its line feed is cut off: a write is all or nothing and ends in a line feed, so such a tail is the trace of a
 * process or machine that died inside a write. That write was never acknowledged: its rows are sent again, and leaving
 * the half line in place would glue the next row to it.
 */
export async function openAppendFile(path: string): Promise<DiskFile> {
  try {
    await makeFolder(dirname(path));
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o640);
    try {
      const stat = await handle.stat();
      const sizeBytes = stat.isFile() ? await cutTornLine(handle, stat.size) : 0;
      await syncFolder(dirname(path));
      return new AppendFile(path, handle, sizeBytes, stat.isFile());
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  // Each new folder is an entry of its parent, up to the first one that was there before.
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

async function cutTornLine(handle: FileHandle, sizeBytes: number): Promise<number> {
  const wholeBytes = await endOfLastLine(handle, sizeBytes);
  if (wholeBytes < sizeBytes) {
    await handle.truncate(wholeBytes);
    await handle.sync();
  }
  return wholeBytes;
}

async function endOfLastLine(handle: FileHandle, sizeBytes: number): Promise<number> {
  const piece = Buffer.alloc(SEARCH_BYTES);
  for (let end = sizeBytes; end > 0; ) {
    const start = Math.max(0, end - SEARCH_BYTES);
    const { bytesRead } = await handle.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Carries what is written and what is durable; after a failure everything that is not durable is truncated away. */
class AppendFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #regular: boolean;
  #writtenBytes: number;
  #durableBytes: number;
  /** The file may be longer than #writtenBytes: truncate before anything else. */
  #torn = false;

  constructor(path: string, handle: FileHandle, sizeBytes: number, regular: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#regular = regular;
    this.#writtenBytes = sizeBytes;
    this.#durableBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#writtenBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#mend();
      this.#torn = true;
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done);
        done += bytesWritten;
      }
      this.#torn = false;
      this.#writtenBytes += bytes.byteLength;
    } catch (error) {
      await this.#takeBack(this.#writtenBytes);
      throw diskFault(error, this.#path);
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#mend();
      await this.#handle.sync();
      const stat = await this.#handle.stat();
      // Written into a file that nobody can open any more: that would be a silent loss.
      if (this.#regular && stat.nlink === 0) throw new Fault("destination-error", { detail: `the file was deleted while it was open: ${this.#path}` });
      this.#durableBytes = this.#writtenBytes;
    } catch (error) {
      // A disk may report only now that it is full (network and thin volumes do): what is not durable was not taken.
      await this.#takeBack(this.#durableBytes);
      throw diskFault(error, this.#path);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #mend(): Promise<void> {
    if (!this.#torn) return;
    if (this.#regular) await this.#handle.truncate(this.#writtenBytes);
    this.#torn = false;
  }

  async #takeBack(bytes: number): Promise<void> {
    this.#writtenBytes = bytes;
    this.#torn = true;
    // When this fails as well, the next write begins with it.
    await this.#mend().catch(() => undefined);
  }
}
