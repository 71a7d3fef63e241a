/** The folder of the embedded store: made private, held by one process, with the encryption key made at the first start. */
import { randomBytes as systemRandomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "../ports.js";
import { Fault } from "../core/fault.js";
import { lockFolder } from "./folder-lock.js";
import { givenKey, KEY_BYTES, parseEncryptionKey, type RandomBytes } from "./sealer.js";
import { isNoRoom } from "./sqlite-fault.js";

export const DATABASE_FILE = "collector.db";
export const KEY_FILE = "encryption.key";

export interface DataFolder {
  readonly path: string;
  readonly databasePath: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** The key file was made by this call: tell the operator to back it up. */
  readonly keyIsNew: boolean;
  /** Lets the next process in; after the store is closed. May be called again. */
  release(): void;
}

export interface DataFolderOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Base64 of 32 bytes; without it the key file is used, and made where there is none. */
  readonly encryptionKey?: string;
  readonly randomBytes?: RandomBytes;
}

/**
 * Makes (mode 0700) and takes the folder. One that exists keeps its mode: it may be shared on purpose; our files in it are 0600.
 * Throws Fault store-refused (held, not writable), key-wrong (missing or no key at all), store-full.
 */
export async function openDataFolder({ path, clock, encryptionKey, randomBytes = systemRandomBytes }: DataFolderOptions): Promise<DataFolder> {
  const folder = resolve(path);
  await makeFolder(folder);
  const lock = lockFolder(folder, clock);
  try {
    const databasePath = join(folder, DATABASE_FILE);
    const { key, isNew } = encryptionKey === undefined ? await keyOfFolder(folder, databasePath, randomBytes) : { key: givenKey(encryptionKey), isNew: false };
    return { path: folder, databasePath, key, keyIsNew: isNew, release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  await onDisk(folder, async () => {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first !== undefined) await syncFolder(dirname(first));
  });
}

async function keyOfFolder(folder: string, databasePath: string, randomBytes: RandomBytes): Promise<{ key: Uint8Array; isNew: boolean }> {
  const path = join(folder, KEY_FILE);
  return await onDisk(path, async () => {
    if (await exists(path)) {
      await chmod(path, 0o600).catch(() => undefined); // a mounted secret may be read-only
      const key = parseEncryptionKey(await readFile(path, "utf8"));
      if (!key) throw new Fault("key-wrong", { detail: `${path} does not hold base64 of ${KEY_BYTES} bytes; put the file back from a backup` });
      return { key, isNew: false };
    }
    if (await exists(databasePath)) throw lostKey(path);
    const key = new Uint8Array(randomBytes(KEY_BYTES));
    await writeDurably(path, `${Buffer.from(key).toString("base64")}\n`);
    return { key, isNew: true };
  });
}

/** A second key would not open what the first one sealed. */
function lostKey(path: string): Fault {
  return new Fault("key-wrong", {
    detail: `${path} is missing though the folder holds a store. Put the file back from a backup, or set COLLECTOR_ENCRYPTION_KEY to the store's key`,
  });
}

/** All or nothing, mode 0600, on the disk when it resolves. The folder is held, so nobody else writes the same name. */
async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const said = error instanceof Error ? error.message : String(error);
    if (isNoRoom(error)) throw new Fault("store-full", { detail: said, cause: error });
    throw new Fault("store-refused", { detail: `${path}: ${said}. Check that the collector may write COLLECTOR_DATA_DIR, or set it to another folder`, cause: error });
  }
}
